"""The step "database": migrations of every database, then functions, grants, policies and partitions.

Runs in a process of its own, as the owner role: the manager itself imports no Django.
"""

from __future__ import annotations

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    aliases = list(settings.DATABASES)
    for number, alias in enumerate(aliases, 1):
        print(f"migrating {alias} ({number} of {len(aliases)})")
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    call_command("setup_database")


if __name__ == "__main__":
    main()
