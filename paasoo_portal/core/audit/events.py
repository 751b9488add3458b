"""Every act that leaves a trace, as one enum `source:subject:action`; no free text anywhere."""

from enum import StrEnum


class Event(StrEnum):
    ACCOUNT_OPENED = "account:account:opened"
    MEMBER_ADDED = "account:member:added"
    MEMBER_REMOVED = "account:member:removed"
    MEMBER_LEFT = "account:member:left"
    ROLE_CHANGED = "account:member:role_changed"
    INVITATION_SENT = "account:invitation:sent"
    INVITATION_WITHDRAWN = "account:invitation:withdrawn"
    INVITATION_ACCEPTED = "account:invitation:accepted"
    API_KEY_CREATED = "account:api_key:created"
    API_KEY_REVOKED = "account:api_key:revoked"
    BALANCE_TOPPED_UP = "account:balance:topped_up"
    SETTINGS_CHANGED = "account:settings:changed"
    RETENTION_INSTRUCTED = "account:retention:instructed"
    RETENTION_CANCELLED = "account:retention:cancelled"
    RETENTION_ENFORCED = "system:retention:enforced"
    KEYS_CARRIED_OVER = "system:keys:carried_over"
    KEYS_DESTROYED = "system:keys:destroyed"
    STAFF_VIEWED = "staff:record:viewed"
    STAFF_CHANGED = "staff:record:changed"
    MESSAGES_ERASED = "account:messages:erased"
    MESSAGE_SENT_BY_HAND = "account:message:sent"
