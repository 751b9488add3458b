"""Every query runs in a scope; without one it is an error in Python, and PostgreSQL's policies are the second wall.

The walls stop forgotten filters, not arbitrary SQL by an intruder who can set the scope.
"""

from paasoo_portal.core.tenancy.models import ScopedManager, TenantModel
from paasoo_portal.core.tenancy.scope import (
    NoScope,
    Scope,
    current,
    open_scope,
    person_scope,
    scope,
    system_scope,
)

__all__ = [
    "NoScope",
    "Scope",
    "ScopedManager",
    "TenantModel",
    "current",
    "open_scope",
    "person_scope",
    "scope",
    "system_scope",
]
