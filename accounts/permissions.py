"""Who may do what inside an account: one table, five roles. Every page names the line that lets it be seen.

Keeps P-SEC-5 (least by default): a role has only what its column says.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from accounts.teams.models import Role
from paasoo_portal.core.http.pages import page

__all__ = ["TABLE", "Permission", "allows", "page"]


class Permission(StrEnum):
    MEMBER = "member"
    SEE_MESSAGES = "see_messages"
    SEE_NUMBERS = "see_numbers"
    SEE_CONTENT = "see_content"
    SEND_MESSAGES = "send_messages"
    SEE_SPEND = "see_spend"
    SEE_API_KEYS = "see_api_keys"
    MANAGE_API_KEYS = "manage_api_keys"
    SEE_RETENTION = "see_retention"
    INSTRUCT_RETENTION = "instruct_retention"
    SEE_CERTIFICATES = "see_certificates"
    EXPORT_MESSAGES = "export_messages"
    ERASE_MESSAGES = "erase_messages"
    SEE_REFUSED = "see_refused"
    SEE_WEBHOOKS = "see_webhooks"
    MANAGE_WEBHOOKS = "manage_webhooks"
    SEE_TEAM = "see_team"
    MANAGE_TEAM = "manage_team"
    MANAGE_ACCOUNT = "manage_account"
    SEE_AUDIT = "see_audit"
    ANSWER_REQUESTS = "answer_requests"
    EXPORT_ACCOUNT = "export_account"
    CLOSE_ACCOUNT = "close_account"


_A, _D, _S, _B, _V = Role.ADMINISTRATOR, Role.DEVELOPER, Role.SUPPORT, Role.BILLING, Role.VIEWER

# fmt: off
TABLE: Final[dict[Permission, frozenset[str]]] = {
    Permission.MEMBER:             frozenset({_A, _D, _S, _B, _V}),
    Permission.SEE_MESSAGES:       frozenset({_A, _D, _S,     _V}),
    Permission.SEE_NUMBERS:        frozenset({_A, _D, _S        }),
    Permission.SEE_CONTENT:        frozenset({_A, _D, _S        }),
    Permission.SEND_MESSAGES:      frozenset({_A, _D            }),
    Permission.SEE_SPEND:          frozenset({_A, _D,     _B    }),
    Permission.SEE_API_KEYS:       frozenset({_A, _D            }),
    Permission.MANAGE_API_KEYS:    frozenset({_A, _D            }),
    Permission.SEE_RETENTION:      frozenset({_A, _D, _S, _B, _V}),
    Permission.INSTRUCT_RETENTION: frozenset({_A                }),
    Permission.SEE_CERTIFICATES:   frozenset({_A, _D, _S, _B, _V}),
    Permission.EXPORT_MESSAGES:    frozenset({_A, _D, _S        }),
    Permission.ERASE_MESSAGES:     frozenset({_A                }),
    Permission.SEE_REFUSED:        frozenset({_A, _D, _S        }),
    Permission.SEE_WEBHOOKS:       frozenset({_A, _D, _S        }),
    Permission.MANAGE_WEBHOOKS:    frozenset({_A, _D            }),
    Permission.SEE_TEAM:           frozenset({_A, _D, _S, _B, _V}),
    Permission.MANAGE_TEAM:        frozenset({_A                }),
    Permission.MANAGE_ACCOUNT:     frozenset({_A                }),
    Permission.SEE_AUDIT:          frozenset({_A                }),
    Permission.ANSWER_REQUESTS:    frozenset({_A                }),
    Permission.EXPORT_ACCOUNT:     frozenset({_A                }),
    Permission.CLOSE_ACCOUNT:      frozenset({_A                }),
}
# fmt: on


def allows(role: str, permission: Permission) -> bool:
    return role in TABLE[permission]
