"""`manage.py catalogue --format table|json`: every stored field with all that is declared about it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from privacy.catalogue import catalogue, render


class Command(BaseCommand):
    help = "Print the catalogue of personal data."
    requires_system_checks: list[str] = []  # it must print an incomplete catalogue too

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["table", "json"], default="table")
        parser.add_argument("--json", action="store_const", const="json", dest="format")

    def handle(self, *args: Any, **options: Any) -> None:
        found = catalogue()
        self.stdout.write(render.as_json(found) if options["format"] == "json" else render.as_table(found))
