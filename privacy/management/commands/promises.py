"""`manage.py promises`: write docs/promises.md anew; with --check only say whether it is as it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import promises


class Command(BaseCommand):
    help = "Write docs/promises.md from the promises and the places that cite them."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail when it is out of date"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, wanted = Path(settings.BASE_DIR) / "docs/promises.md", promises.page()
        if not options["check"]:
            path.write_text(wanted, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != wanted:
            raise CommandError("docs/promises.md is out of date: run manage.py promises")
