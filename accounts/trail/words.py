"""What each event of the trail is called on a page, and how its data read."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.db.models import Choices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.closure.models import Choice
from accounts.staff import Reason
from accounts.teams.models import Role
from accounts.teams.suspension import Why
from paasoo_portal.core.audit import Event
from privacy.cases.models import Kind as CaseKind
from privacy.disclosure.models import OrderKind
from privacy.exports.models import ExportKind
from privacy.keys.models import DataClass
from privacy.requests import models as requests

Words = dict[str, str | Promise]

LABELS: Final[Words] = {
    Event.ACCOUNT_OPENED: gettext_lazy("Account opened"),
    Event.MEMBER_ADDED: gettext_lazy("Member joined"),
    Event.MEMBER_REMOVED: gettext_lazy("Member removed"),
    Event.MEMBER_LEFT: gettext_lazy("Member left"),
    Event.ROLE_CHANGED: gettext_lazy("Role changed"),
    Event.FACTOR_ADDED: gettext_lazy("Second factor added"),
    Event.FACTOR_REMOVED: gettext_lazy("Second factor removed"),
    Event.SESSIONS_ENDED: gettext_lazy("Signed out everywhere else"),
    Event.INVITATION_SENT: gettext_lazy("Invitation sent"),
    Event.INVITATION_WITHDRAWN: gettext_lazy("Invitation withdrawn"),
    Event.INVITATION_ACCEPTED: gettext_lazy("Invitation accepted"),
    Event.API_KEY_CREATED: gettext_lazy("API key made"),
    Event.API_KEY_CHANGED: gettext_lazy("API key changed"),
    Event.API_KEY_ROTATED: gettext_lazy("API key given a second secret"),
    Event.API_KEY_FORMER_STOPPED: gettext_lazy("Former secret of an API key stopped"),
    Event.API_KEY_REVOKED: gettext_lazy("API key revoked"),
    Event.WEBHOOK_MADE: gettext_lazy("Webhook made"),
    Event.WEBHOOK_CHANGED: gettext_lazy("Webhook changed"),
    Event.WEBHOOK_ROTATED: gettext_lazy("Webhook given a new secret"),
    Event.WEBHOOK_PAUSED: gettext_lazy("Webhook paused"),
    Event.WEBHOOK_RESUMED: gettext_lazy("Webhook set to work again"),
    Event.WEBHOOK_DELETED: gettext_lazy("Webhook removed"),
    Event.BALANCE_TOPPED_UP: gettext_lazy("Balance topped up"),
    Event.SETTINGS_CHANGED: gettext_lazy("Settings changed"),
    Event.RETENTION_INSTRUCTED: gettext_lazy("Retention instructed"),
    Event.RETENTION_CANCELLED: gettext_lazy("Retention instruction cancelled"),
    Event.RETENTION_ENFORCED: gettext_lazy("Retention enforced"),
    Event.ERASURE_COMPLETED: gettext_lazy("Erased messages unreadable in back-ups"),
    Event.KEYS_CARRIED_OVER: gettext_lazy("Keys carried over"),
    Event.KEYS_DESTROYED: gettext_lazy("Keys destroyed"),
    Event.KEYS_RESTORED: gettext_lazy("Keys restored"),
    Event.ERASURES_REPLAYED: gettext_lazy("Erasures applied to a restored copy"),
    Event.REQUEST_STEP: gettext_lazy("Rights request"),
    Event.EXPORT_ASKED: gettext_lazy("Export asked for"),
    Event.EXPORT_FETCHED: gettext_lazy("Export downloaded"),
    Event.CLOSURE_ASKED: gettext_lazy("Closing of the account asked for"),
    Event.CLOSURE_CANCELLED: gettext_lazy("Closing of the account cancelled"),
    Event.RETURN_MADE: gettext_lazy("Everything made ready to be returned"),
    Event.RETURN_CONFIRMED: gettext_lazy("Return of everything confirmed"),
    Event.ACCOUNT_CLOSED: gettext_lazy("Account closed"),
    Event.ACCOUNT_SUSPENDED: gettext_lazy("Account suspended"),
    Event.ACCOUNT_RESUMED: gettext_lazy("Account set to work again"),
    Event.PERSON_ERASED: gettext_lazy("A person’s data erased"),
    Event.BOUND_PUBLISHED: gettext_lazy("Retention bounds published"),
    Event.CLOCK_PUBLISHED: gettext_lazy("Legal clock published"),
    Event.HOLD_PLACED: gettext_lazy("Legal hold placed"),
    Event.HOLD_CONFIRMED: gettext_lazy("Legal hold confirmed"),
    Event.HOLD_RELEASE_PROPOSED: gettext_lazy("Release of a legal hold proposed"),
    Event.HOLD_RELEASE_REFUSED: gettext_lazy("Release of a legal hold turned down"),
    Event.HOLD_RELEASED: gettext_lazy("Legal hold released"),
    Event.HOLD_LAPSED: gettext_lazy("Legal hold lapsed, not confirmed in time"),
    Event.ORDER_RECORDED: gettext_lazy("Order of an authority recorded"),
    Event.ORDER_ASSESSED: gettext_lazy("Order of an authority assessed"),
    Event.ORDER_GRANTED: gettext_lazy("Order of an authority granted"),
    Event.ORDER_REOPENED: gettext_lazy("Order of an authority to be decided anew"),
    Event.ORDER_REFUSED: gettext_lazy("Order of an authority refused"),
    Event.ORDER_ANSWERED: gettext_lazy("Order of an authority answered"),
    Event.ORDER_BAN_LIFTED: gettext_lazy("Ban on telling of an order lifted"),
    Event.ORDER_TOLD: gettext_lazy("An order of an authority was answered"),
    Event.EXTRACT_PREPARED: gettext_lazy("Extract of preserved copies prepared"),
    Event.EXTRACT_RELEASED: gettext_lazy("Extract of preserved copies released"),
    Event.EXTRACT_FETCHED: gettext_lazy("Extract of preserved copies handed over"),
    Event.FLOOR_SET: gettext_lazy("Statutory floor set"),
    Event.POLICY_PUBLISHED: gettext_lazy("Policy version published"),
    Event.CASE_OPENED: gettext_lazy("Copies kept under a named exception"),
    Event.CASE_EXTENDED: gettext_lazy("Named exception extended"),
    Event.CASE_CLOSED: gettext_lazy("Named exception ended early"),
    Event.STAFF_VIEWED: gettext_lazy("PaaSoo staff looked at data"),
    Event.STAFF_CHANGED: gettext_lazy("PaaSoo staff changed something"),
    Event.DUTY_ACCEPTED: gettext_lazy("Duty of confidentiality accepted"),
    Event.MESSAGES_ERASED: gettext_lazy("Messages erased"),
    Event.MESSAGES_EXPORT_BEGUN: gettext_lazy("Export of messages begun"),
    Event.MESSAGES_EXPORTED: gettext_lazy("Messages exported"),
    Event.MESSAGE_SENT_BY_HAND: gettext_lazy("Message sent in the portal"),
}
_DATA: Final[Words] = {
    "role": gettext_lazy("role"),
    "fields": gettext_lazy("what"),
    "region": gettext_lazy("region"),
    "reason": gettext_lazy("reason"),
    "what": gettext_lazy("what"),
    "count": gettext_lazy("number"),
    "messages": gettext_lazy("messages"),
    "days": gettext_lazy("days"),
    "data_class": gettext_lazy("data"),
    "amount": gettext_lazy("amount"),
    "kind": gettext_lazy("kind"),
    "step": gettext_lazy("step"),
    "records": gettext_lazy("records"),
    "choice": gettext_lazy("choice"),
    "until": gettext_lazy("until"),
}
_LOOKED_AT: Final[Words] = {
    "account": gettext_lazy("the account"),
    "person": gettext_lazy("a person, masked"),
    "address": gettext_lazy("a person’s address"),
    "request": gettext_lazy("a rights request"),
    "messages": gettext_lazy("messages, masked"),
    "message": gettext_lazy("a message, masked"),
    "totp": gettext_lazy("authenticator app"),
    "webauthn": gettext_lazy("passkey or security key"),
    "recovery_codes": gettext_lazy("recovery codes"),
}
_CHOICES: Final[dict[str, tuple[type[Choices], ...]]] = {
    "role": (Role,),
    "reason": (Reason, Why),
    "kind": (requests.Kind, CaseKind, ExportKind, OrderKind),
    "step": (requests.StepKind,),
    "choice": (Choice,),
    "data_class": (DataClass,),
}


def label(event: str) -> str:
    return str(LABELS.get(event, event))


def thing(code: str) -> str:
    """What was looked at, or a second factor."""
    return str(_LOOKED_AT.get(code, code))


def details(data: dict[str, Any]) -> str:
    """What an event's data say, for a reader; what has no word of ours keeps its name."""
    return "; ".join(
        _("%(name)s: %(value)s") % {"name": _DATA.get(name, name), "value": _value(name, value)}
        for name, value in data.items()
        if value not in {None, ""}
    )


def _value(name: str, value: Any) -> str:
    for choices in _CHOICES.get(name, ()):
        if value in choices.values:
            return str(choices(value).label)
    if name == "what" and value in _LOOKED_AT:
        return thing(value)
    if name == "region" and value in settings.REGIONS:
        return settings.REGIONS[value].label
    return str(value).replace("_", " ")
