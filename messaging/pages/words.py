"""Words, icons and tones of what a message can go through: a state is never shown by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.messages.states import Actor, State


@dataclass(frozen=True)
class Shown:
    """How something is shown: a word, an icon of the sprite, and good, info, warn, bad or nothing."""

    label: str | Promise
    icon: str
    tone: str = ""
    meaning: str | Promise = ""


STATES: Final[dict[int, Shown]] = {
    State.ACCEPTED: Shown(_("Accepted"), "clock", "info", _("We have it and will send it.")),
    State.QUEUED: Shown(_("Queued"), "wait", "info", _("It waits for its turn to be sent.")),
    State.SENDING: Shown(_("Sending"), "send", "info", _("It is on its way to the carrier.")),
    State.SENT: Shown(_("Sent"), "out", "info", _("The carrier has it; no report has come yet.")),
    State.DELIVERED: Shown(_("Delivered"), "done", "good", _("The handset has it.")),
    State.UNDELIVERED: Shown(_("Undelivered"), "failed", "bad", _("The carrier could not deliver it.")),
    State.FAILED: Shown(_("Failed"), "failed", "bad", _("It could not be sent.")),
    State.REJECTED: Shown(_("Rejected"), "cross", "bad", _("The carrier refused it.")),
    State.EXPIRED: Shown(_("Expired"), "wait", "warn", _("It could not be delivered in time.")),
    State.UNKNOWN: Shown(
        _("Unknown"),
        "help",
        "warn",
        _("The carrier’s answer was lost. We ask, and never send it twice."),
    ),
    State.SCHEDULED: Shown(_("Scheduled"), "clock", "info", _("It is sent at the time you chose.")),
    State.CANCELED: Shown(_("Canceled"), "pause", "", _("It was canceled before it was sent.")),
    State.RECEIVED: Shown(_("Received"), "in", "good", _("It came to you.")),
}

ACTORS: Final[dict[int, Shown]] = {
    Actor.PAASOO: Shown(_("PaaSoo"), "we"),
    Actor.CARRIER: Shown(_("Carrier"), "carrier"),
    Actor.HANDSET: Shown(_("Handset"), "handset"),
}

ERRORS: Final[dict[int, str | Promise]] = {
    1: _("The carrier gave no reason (error 1)."),
    2: _("The handset cannot be reached now: it is off, has no signal or is suspended (error 2)."),
    3: _("The number is out of service or does not exist (error 3)."),
    4: _("The recipient refused it or has opted out (error 4)."),
    5: _("The carrier rejected it (error 5)."),
    99: _("Another reason, told by the carrier (error 99)."),
}

NOTES: Final[dict[str, str | Promise]] = {
    "late": _("A late report: it changed nothing."),
    "duplicate": _("The same report again: it changed nothing."),
    "lease_expired": _("A sender stopped in the middle; the carrier is asked before anything is sent."),
    "answer_lost": _("The carrier’s answer was lost; the carrier is asked before anything is sent."),
    "retry": _("It is tried again."),
    "no_receipt": _("No report came in the time we wait for one."),
    "reconciled": _("The carrier was asked, and answered."),
    "validity": _("It could not be handed over within 48 hours."),
    "erased": _("Its text was deleted, as instructed, before it could be sent."),
    "unreadable": _("Its seal did not open; our staff have been told."),
}

ENCODINGS: Final[dict[int, str | Promise]] = {0: _("GSM 03.38"), 1: _("UCS-2")}

FAILURES: Final = (State.UNDELIVERED, State.FAILED, State.REJECTED, State.EXPIRED)


def state(number: int) -> Shown:
    return STATES.get(number) or Shown(str(number), "help")


def error(code: int | None) -> str | Promise:
    """The reason in words; empty without a code."""
    return "" if code is None else ERRORS.get(code, _("Another reason, told by the carrier (error 99)."))


def note(code: str) -> str | Promise:
    return NOTES.get(code, code.replace("_", " ")) if code else ""
