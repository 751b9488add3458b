"""`manage.py catalogue --format table|json|markdown|jsonld`: every stored field with all that is declared about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from privacy.catalogue import catalogue, jsonld, render
from privacy.catalogue.declarations import Catalogue

FORMATS: Final[dict[str, Callable[[Catalogue], str]]] = {
    "table": render.as_table,
    "json": render.as_json,
    "markdown": render.as_markdown,
    "jsonld": jsonld.as_jsonld,
}


class Command(BaseCommand):
    help = "Print the catalogue of personal data."
    requires_system_checks: list[str] = []  # it must print an incomplete catalogue too

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=list(FORMATS), default="table")
        parser.add_argument("--json", action="store_const", const="json", dest="format")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(FORMATS[options["format"]](catalogue()))
