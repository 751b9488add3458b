"""Sessions that end by the product's clock, as whatever retention ends does (SESSION_ENGINE)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db

from paasoo_portal.core import clock


class SessionStore(db.SessionStore):
    """Django's, which would write the machine's time."""

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        at: datetime = super().get_expiry_date(**{"modification": clock.now()} | kwargs)
        return at
