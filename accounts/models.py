"""All models of Customer Account Data, each defined with its concern."""

from accounts.api_keys.models import ApiKey
from accounts.billing.models import AllowanceTransfer, Balance, LedgerEntry
from accounts.bound_notices.models import BoundNotice, ClockNotice
from accounts.closure.models import AccountClosure
from accounts.duty.models import StaffDuty
from accounts.people.models import Person
from accounts.policy_notices.models import PolicyNotice
from accounts.teams.models import Account, AccountState, Invitation, Membership, Role

__all__ = [
    "Account",
    "AccountClosure",
    "AccountState",
    "AllowanceTransfer",
    "ApiKey",
    "Balance",
    "BoundNotice",
    "ClockNotice",
    "Invitation",
    "LedgerEntry",
    "Membership",
    "Person",
    "PolicyNotice",
    "Role",
    "StaffDuty",
]
