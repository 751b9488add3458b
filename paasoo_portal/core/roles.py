"""Which of PostgreSQL's roles a command may run in."""

from __future__ import annotations

from django.core.management import CommandError
from django.db import connection


def require_worker() -> None:
    """Raise CommandError in any role but the worker's: others see no key, and would say that none is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'paasoo_worker', 'USAGE'), current_user")
        fits, user = cursor.fetchone()
    if not fits:
        raise CommandError(f"This is the worker's: run it with PAASOO_ROLE=worker, not as {user}.")
