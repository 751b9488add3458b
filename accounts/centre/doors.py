"""The doors of the centre, all alike: one for each right, and for what proves that it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from accounts.seats import Seat


@dataclass(frozen=True)
class Door:
    title: str | Promise
    text: str | Promise
    icon: str
    name: str
    args: tuple[str, ...] = ()
    permission: Permission | None = None

    @property
    def url(self) -> str:
        return reverse(self.name, args=self.args)


_DOORS: Final = (
    Door(_("See what is held about you"), _("Every field, with its value, what for and until when."), "search", "privacy_held"),
    Door(_("Get a copy"), _("Of everything about you, or of the whole account, in files a program can read."), "down", "privacy_export"),
    Door(_("Correct something"), _("Change your profile yourself, or ask for what you cannot change."), "check", "request_new", ("rectification",)),
    Door(_("Restrict or object"), _("Have a use of your data stopped while a question is open, or for good."), "pause", "request_new", ("objection",)),
    Door(_("Delete my data"), _("Your sign-in, your memberships, and all that is about you."), "erased", "privacy_delete"),
    Door(_("Close the account"), _("With all its data, after a week in which you can change your mind."), "leave", "account_close", permission=Permission.CLOSE_ACCOUNT),
    Door(_("Cookies and consents"), _("What you agreed to, when, and how to take it back."), "todo", "cookies"),
    Door(_("Your requests"), _("Each with its reference, its due date and its steps."), "wait", "requests"),
    Door(_("Requests of your team"), _("Answer what your members ask."), "team", "inbox", permission=Permission.ANSWER_REQUESTS),
    Door(_("Retention"), _("How long texts, numbers and recordings are kept, and what goes next."), "clock", "retention", permission=Permission.SEE_RETENTION),
    Door(_("Text for your End-Users"), _("A model for your privacy notice, with the days you instructed."), "copy", "end_user_text", permission=Permission.INSTRUCT_RETENTION),
    Door(_("Certificates"), _("Signed proof of each night’s erasure."), "certificate", "certificates", permission=Permission.SEE_CERTIFICATES),
    Door(_("Policy and versions"), _("What we promise, and what we promised before."), "privacy", "policy"),
)  # fmt: skip

WAYS: Final = (
    Door(_("I have a sign-in"), _("Sign in, and most things are done at once."), "person", "account_login"),
    Door(_("I have none, or cannot use it"), _("Ask with your email address, which we confirm first."), "privacy", "ask"),
    Door(_("A company wrote to me"), _("How to reach the company that sent it."), "messages", "end_users"),
    Door(_("Cookies and consents"), _("What you agreed to, when, and how to take it back."), "todo", "cookies"),
)  # fmt: skip


def doors(seat: Seat | None) -> list[Door]:
    """Those that this person may go through."""
    return [
        door for door in _DOORS if door.permission is None or (seat is not None and seat.may(door.permission))
    ]
