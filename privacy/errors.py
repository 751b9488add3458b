"""The base of the engine's errors: one text for the person, one for the log, the second without personal
data.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PrivacyError(Exception):
    """`user` may be shown to a person; `str(error)` is for the log: ids, dates and names of code alone."""

    user: str | Promise = _("This cannot be shown at the moment. We have been told.")

    def __init__(self, log: str, *, user: str | Promise | None = None) -> None:
        super().__init__(log)
        self.log = log
        if user is not None:
            self.user = user
