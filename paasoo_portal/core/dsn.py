"""Connection strings for code that speaks to PostgreSQL beside Django, in a role of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from psycopg.conninfo import make_conninfo


def conninfo(alias: str, role: str, **options: Any) -> str:
    """libpq's connection string of a database for a role.

    In production the role's own URL (DATABASE_URL_<ALIAS>_<ROLE>) was read by the settings; embedded, roles differ by
    name only.
    """
    configured: dict[str, Any] = settings.DATABASES[alias]
    explicit: dict[str, Any] | None = settings.ROLE_DATABASES.get((alias, role))
    source = explicit or configured
    return make_conninfo(
        host=source["HOST"] or None,
        port=source["PORT"] or None,
        dbname=configured["NAME"],
        user=source["USER"] if explicit else f"paasoo_{role}",
        password=source["PASSWORD"] or None,
        **options,
    )
