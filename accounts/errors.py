"""The errors of this app's services: a text for the person, and one for the log without personal data."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AccountError(Exception):
    """`user` may be shown to a person; `str(error)` is for the log: ids, dates and names of code alone."""

    user: str | Promise = _("This could not be done. Try again.")

    def __init__(self, log: str) -> None:
        super().__init__(log)
        self.log = log


class AlreadyMember(AccountError):
    user = _("This person is a member of the account already.")


class LastAdministrator(AccountError):
    """An account without an administrator would answer to nobody."""

    user = _(
        "This person is the only administrator. Make somebody else an administrator first, or close the account."
    )


class WorksHere(AccountError):
    """Staff are parted with by their employer, not by the portal: their acts stay theirs."""

    user = _("This person works for PaaSoo. Ask the privacy officer.")


class NoSuchInvitation(AccountError):
    user = _("This invitation is not known. Ask the person who invited you for a new one.")


class InvitationOver(AccountError):
    """It ran out, was withdrawn or was used."""

    user = _("This invitation is no longer open. Ask the person who invited you for a new one.")


class OtherAddress(AccountError):
    """An invitation is followed by somebody whose address it was not sent to."""

    user = _("This invitation was sent to another address.")


class TooManyInvitations(AccountError):
    user = _("Too many invitations were sent from this account today. Go on tomorrow.")


class ReferenceTaken(AccountError):
    """A movement of money repeats an earlier reference with another amount."""

    user = _("This reference was used before for another amount.")
