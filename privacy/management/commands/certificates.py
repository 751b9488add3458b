"""`manage.py certificates verify FILE [--key HEX] [--head FILE|JSON] | list | export [--number N] | head`.

`verify` needs nothing but the file, and the key or the head as they were published: no database, no vault, no network.
The others run as the worker's role.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.certificates import canonical, envelope, published, strict
from privacy.certificates.check import State, Verdict, check
from privacy.certificates.envelope import Published
from privacy.certificates.models import Certificate
from privacy.errors import PrivacyError

_WORDS = {State.PASSED: "ok   ", State.FAILED: "WRONG", State.OPEN: "open "}
_NOT_WHOSE = (
    "Not proven: the file is whole, but whose key signed it was not checked. Give --key or --head, "
    "as PaaSoo publishes them."
)


class Command(BaseCommand):
    help = "Check a certificate file alone, or list certificates, export them as files, and print the chain's head."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        verify = actions.add_parser("verify", help="Check one certificate file; needs no database.")
        verify.add_argument("file", help="The file as downloaded from the portal; - reads standard input.")
        verify.add_argument("--key", help="PaaSoo's public key, 64 hexadecimal digits, as published.")
        verify.add_argument("--head", help="The published head: a file, or the JSON itself.")
        listing = actions.add_parser("list", help="The newest certificates.")
        listing.add_argument("--account", type=UUID, help="Only this account's, by its id.")
        listing.add_argument("--most", type=int, default=100, help="How many at most (default 100).")
        export = actions.add_parser("export", help="Certificates as files, one JSON text a line.")
        export.add_argument("--number", type=int, help="Only this one, indented.")
        head = actions.add_parser("head", help="The chain's head as it is published.")
        head.add_argument(
            "--since", type=int, help="With the proof that the chain only grew since this number."
        )
        head.add_argument("--includes", type=int, help="With the path of this certificate.")
        for one in (verify, listing, export, head):
            one.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except strict.Unreadable as error:
            raise CommandError(str(error.user)) from error
        except PrivacyError as error:
            raise CommandError(f"{type(error).__name__}: {error.log}") from error

    def _verify(self, options: dict[str, Any]) -> None:
        key = options["key"]
        if key is not None and re.fullmatch("[0-9a-f]{64}", key := key.strip().lower()) is None:
            raise CommandError("--key takes 64 hexadecimal digits.")
        head = _published(options["head"]) if options["head"] else None
        found = check(envelope.read(_content(options["file"])), key=key, published=head)
        if options["json"]:
            self.stdout.write(json.dumps(found.as_dict(), indent=2))
        else:
            self._say(found)
        if not found.genuine:
            sys.exit(1)

    def _say(self, found: Verdict) -> None:
        for one in found.checks:
            self.stdout.write(f"{_WORDS[one.state]}  {one.name}: {one.text}")
        if found.failed:
            self.stdout.write("NOT GENUINE; see above.")
        else:
            self.stdout.write(f"Certificate {found.number} is genuine." if found.genuine else _NOT_WHOSE)

    def _list(self, options: dict[str, Any]) -> None:
        rows = Certificate.objects.order_by("-number").defer("body")
        if options["most"] < 1:
            raise CommandError("--most takes 1 or more.")
        if options["account"]:
            rows = rows.filter(account_id=options["account"])
        found = [
            {
                "number": row.number,
                "kind": row.kind,
                "account": str(row.account_id) if row.account_id else None,
                "issued_at": row.issued_at.isoformat(),
                "digest": row.digest,
            }
            for row in rows[: options["most"]]
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"certificates": found}, indent=2))
            return
        for one in found:
            self.stdout.write("{number}  {kind}  {account}  {issued_at}  {digest}".format_map(one))

    def _export(self, options: dict[str, Any]) -> None:
        if options["number"] is not None:
            row = Certificate.objects.filter(number=options["number"]).first()
            if row is None:
                raise CommandError("There is no certificate of that number.")
            self.stdout.write(published.envelope(row).write().decode(), ending="")
            return
        drawn = published.draw()
        for row in Certificate.objects.filter(number__lte=drawn[1].number).order_by("number").iterator(500):
            self.stdout.write(canonical.encode(json.loads(published.envelope(row, drawn).write())))

    def _head(self, options: dict[str, Any]) -> None:
        found = published.published(since=options["since"], includes=options["includes"])
        self.stdout.write(json.dumps(found.as_dict(), indent=2))


def _content(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(strict.LARGEST + 1)
        with Path(name).open("rb") as file:
            return file.read(strict.LARGEST + 1)
    except OSError as error:
        raise CommandError(f"The file cannot be read: {error.strerror}.") from error


def _published(given: str) -> Published:
    content = given.encode() if given.lstrip().startswith("{") else _content(given)
    try:
        return envelope.read_published(content)
    except strict.Unreadable as error:
        raise CommandError(f"The published head cannot be used: {error.user}") from error
