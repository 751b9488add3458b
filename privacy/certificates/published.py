"""The chain's head, signed for publication, with the proofs that were asked for; and a certificate as a file.

The head is drawn from the database at each call: behind the public address it may be kept for a minute.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from paasoo_portal.core import clock
from privacy.certificates import issue
from privacy.certificates.envelope import Envelope, Head, Published, Signed
from privacy.certificates.models import Certificate
from privacy.certificates.tree import Tree
from privacy.errors import PrivacyError
from privacy.keys import signing

# Receipts come epoch by epoch: the one of the last epoch itself, or of one soon after.
_EPOCHS_AFTER: Final = 8


class NotInChain(PrivacyError):
    """A number was asked for that the chain does not have."""


def published(*, since: int | None = None, includes: int | None = None) -> Published:
    """The head of now. Raises NotInChain, Gap, VaultUnavailable."""
    tree, head = draw()
    try:
        return Published(
            head=head,
            since=None if since is None else (since, tuple(tree.consistency(since))),
            includes=None if includes is None else (includes, tuple(tree.inclusion(includes))),
        )
    except IndexError:
        raise NotInChain("a number that the chain does not have") from None


def size() -> int:
    """How many certificates there are."""
    return Certificate.objects.order_by("-number").values_list("number", flat=True).first() or 0


def envelope(row: Certificate, drawn: tuple[Tree, Head] | None = None) -> Envelope:
    """The certificate as a file, under the head of now or one that was drawn before. Raises Gap, VaultUnavailable."""
    tree, head = drawn or draw()
    content = content_of(row)
    receipt = receipts([content]).get(place_of(content))
    return Envelope(
        certificate=_signed(row, tree),
        head=head,
        public_key=str(content.get("signed_by", "")),
        receipt=None if receipt is None else _signed(receipt, tree),
    )


def draw() -> tuple[Tree, Head]:
    """The tree over everything issued, and its head. Raises Gap, VaultUnavailable."""
    newest = Certificate.objects.order_by("-number").values_list("number", "digest").first()
    number, digest = newest or (0, issue.NO_PREDECESSOR)
    tree = Tree(number)
    head = Head(
        number=number,
        digest=digest,
        root=tree.root().hex(),
        at=clock.now().isoformat(),
        public_key=signing.public_key(),
    )
    return tree, replace(head, signature=signing.sign(head.text().encode()))


def content_of(row: Certificate) -> dict[str, Any]:
    """What a certificate says; {} of a body that is none."""
    try:
        content = json.loads(row.body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def place_of(content: dict[str, Any]) -> tuple[str, int] | None:
    """Database and last epoch of a certificate's content, where it has them: what a receipt can make final."""
    everywhere = content.get("everywhere")
    if not isinstance(everywhere, dict) or not isinstance(everywhere.get("last_epoch"), int):
        return None
    return str(content.get("database", "")), everywhere["last_epoch"]


def receipts(
    contents: list[dict[str, Any]], *, begun: bool = False
) -> dict[tuple[str, int] | None, Certificate]:
    """By database and last epoch the receipt that makes certificates of it final, where there is one; in one query.

    A key service gives its receipt when it begins to delete a key, and names the day on which it is gone: until then
    the receipt makes nothing final, and comes with `begun` alone.
    """
    places = {place for content in contents if (place := place_of(content)) is not None}
    named = {
        issue.destruction_id(alias, epoch + after): (alias, epoch + after)
        for alias, epoch in places
        for after in range(_EPOCHS_AFTER)
    }
    rows = Certificate.objects.filter(pk__in=named)
    there = {named[row.pk]: row for row in rows if begun or not _is_waiting(row)}
    found: dict[tuple[str, int] | None, Certificate] = {}
    for alias, epoch in places:
        later = [row for (name, number), row in there.items() if name == alias and number >= epoch]
        if later:
            found[alias, epoch] = min(later, key=lambda row: row.number)
    return found


def _is_waiting(row: Certificate) -> bool:
    told = content_of(row).get("receipt")
    day = told.get("deletes_on") if isinstance(told, dict) else None
    return isinstance(day, str) and day >= clock.today().isoformat()


def _signed(row: Certificate, tree: Tree) -> Signed:
    return Signed(row.body, row.digest, row.signature, tuple(tree.inclusion(row.number)))
