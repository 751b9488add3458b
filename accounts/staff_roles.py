"""What each kind of staff may do in the staff pages: one table, four roles, kept in step after each migration.

Keeps P-SEC-2: nobody sees more than their work needs. A superuser is for the day when none of these is enough.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from accounts.people.models import Person

SUPPORT, OFFICER, FINANCE, OPERATOR = "support", "privacy officer", "finance", "operator"
ROLES: Final = (SUPPORT, OFFICER, FINANCE, OPERATOR)

# fmt: off
TABLE: Final[dict[str, frozenset[str]]] = {
    "accounts.view_person":         frozenset({SUPPORT, OFFICER                    }),
    "accounts.view_account":        frozenset({SUPPORT, OFFICER, FINANCE, OPERATOR }),
    "accounts.change_account":      frozenset({SUPPORT,                   OPERATOR }),
    "accounts.add_ledgerentry":     frozenset({                  FINANCE           }),
    "messaging.view_message":       frozenset({SUPPORT, OFFICER                    }),
    "messaging.view_price":         frozenset({SUPPORT,          FINANCE, OPERATOR }),
    "messaging.add_price":          frozenset({                  FINANCE           }),
    "messaging.change_price":       frozenset({                  FINANCE           }),
    "privacy.view_rightsrequest":   frozenset({         OFFICER                    }),
    "privacy.change_rightsrequest": frozenset({         OFFICER                    }),
    "privacy.view_policyversion":   frozenset({SUPPORT, OFFICER                    }),
    "privacy.add_policyversion":    frozenset({         OFFICER                    }),
    "privacy.change_policyversion": frozenset({         OFFICER                    }),
    "privacy.view_subprocessor":    frozenset({SUPPORT, OFFICER                    }),
    "privacy.add_subprocessor":     frozenset({         OFFICER                    }),
    "privacy.change_subprocessor":  frozenset({         OFFICER                    }),
    "privacy.view_legalhold":       frozenset({         OFFICER                    }),
    "privacy.add_legalhold":        frozenset({         OFFICER                    }),
    "privacy.change_legalhold":     frozenset({         OFFICER                    }),
    "privacy.view_case":            frozenset({SUPPORT, OFFICER                    }),
    "privacy.add_case":             frozenset({SUPPORT, OFFICER                    }),
    "privacy.change_case":          frozenset({SUPPORT, OFFICER                    }),
    "privacy.open_guarded_case":    frozenset({         OFFICER                    }),
    "privacy.view_caserule":        frozenset({SUPPORT, OFFICER                    }),
    "privacy.add_caserule":         frozenset({         OFFICER                    }),
    "privacy.view_order":           frozenset({         OFFICER                    }),
    "privacy.add_order":            frozenset({         OFFICER                    }),
    "privacy.change_order":         frozenset({         OFFICER                    }),
    "privacy.view_extract":         frozenset({SUPPORT, OFFICER                    }),
    "privacy.change_extract":       frozenset({         OFFICER                    }),
    "privacy.view_statutoryfloor":  frozenset({         OFFICER                    }),
    "privacy.add_statutoryfloor":   frozenset({         OFFICER                    }),
    "privacy.change_statutoryfloor": frozenset({        OFFICER                    }),
    "privacy.view_retentionrun":    frozenset({         OFFICER,          OPERATOR }),
    "privacy.view_retentionbound": frozenset({        OFFICER,          OPERATOR }),
    "privacy.add_retentionbound":  frozenset({        OFFICER                    }),
    "privacy.view_legalclock":     frozenset({         OFFICER,          OPERATOR }),
    "privacy.add_legalclock":      frozenset({         OFFICER                    }),
    "core.view_auditevent":         frozenset({         OFFICER,          OPERATOR }),
}
# fmt: on


def keep(**kwargs: Any) -> None:
    """After a migration: each role is a group with exactly what its column says."""
    if kwargs.get("using", "default") != "default":
        return
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        wanted = [name for name, roles in TABLE.items() if role in roles]
        group.permissions.set(_permissions(wanted))


def staff_with(permission: str) -> QuerySet[Person]:
    """Those of ours who have a permission, and superusers; by address."""
    app, _, codename = permission.partition(".")
    held = Permission.objects.filter(content_type__app_label=app, codename=codename)
    may = Q(groups__permissions__in=held) | Q(is_superuser=True)
    return Person.objects.filter(may, is_staff=True, is_active=True).distinct().order_by("email")


def _permissions(names: list[str]) -> list[Permission]:
    found: list[Permission] = []
    for name in names:
        app, _, codename = name.partition(".")
        found += Permission.objects.filter(content_type__app_label=app, codename=codename)
    return found
