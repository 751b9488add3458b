"""After a migration: functions, grants, policies and the partitions ahead, in every database. Idempotent."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from paasoo_portal.core import hooks, partitions, regions, sql
from paasoo_portal.core.tenancy import policies


def setup(alias: str, *, ahead: bool = True) -> None:
    """Bring one database to the declared state; needs the owner role."""
    sql.apply(alias)
    if alias != "default" and ahead:
        partitions.ensure_ahead(alias)
    hooks.call("database.setup", alias=alias)
    policies.apply(alias)


class Command(BaseCommand):
    help = "Apply functions, grants, row-level security and partitions to every database (run by the owner role)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", action="append", help="Only this alias; may be repeated.")

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in options["database"] or ["default", *regions.aliases()]:
            setup(alias)
            self.stdout.write(f"{alias}: grants, policies and partitions are in place")
