"""The audit trail: append-only, chained, ids and enum values only. See P-SEC-2."""

from paasoo_portal.core.audit.events import Event
from paasoo_portal.core.audit.record import record, verify

__all__ = ["Event", "record", "verify"]
