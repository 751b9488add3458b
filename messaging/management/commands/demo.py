"""`manage.py demo [--json]`: a portal with two companies and sixty days of traffic. Runs as the worker."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from messaging.demo import run


class Command(BaseCommand):
    help = "Fill the portal with a demo, once, and print how to sign in and which API keys to use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo is not for production: it makes accounts with known secrets.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            if cursor.fetchone()[0] == "paasoo_app":
                raise CommandError("The demo runs as the worker: PAASOO_ROLE=worker python manage.py demo")
        # Sixty nights would tell of each day they settled and each key that went.
        for name in ("messaging.usage", "privacy.retention"):
            logging.getLogger(name).setLevel(logging.WARNING)
        made = run.run(lambda text: self.stderr.write(f"demo: {text}"))
        if options["json"]:
            self.stdout.write(json.dumps(made, indent=2, ensure_ascii=False))
            return
        # What is printed here may end in a log; passwords and secrets stand in the file, and in --json.
        people = ", ".join(user["email"] for user in [*made["users"], *made["staff"]])
        self.stdout.write(f"The demo is ready at {made['portal_url']} for {people}.")
        self.stdout.write(f"Passwords and API keys: {settings.PATHS.demo_json}")
