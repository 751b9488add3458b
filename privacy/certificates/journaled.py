"""Certificates outlive an old copy of the control plane: the journal has number and digest, beside it lies the text.

A restored control plane ends its chain earlier than what was published. The very certificates are appended again, byte for
byte, so that what a customer holds still verifies; one that says something else under the same number stops the replay.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from privacy import journal
from privacy.certificates import canonical, tree
from privacy.certificates.models import Certificate
from privacy.journal.replay import Moot

KIND: Final = "certificate"
_TABLE: Final = ("id", "number", "account_id", "kind", "body", "digest", "previous_digest", "signature")


def journaled(made: Certificate) -> Certificate:
    """Save a new certificate with its line in the journal. Needs the chain's lock."""
    with journal.erasing(KIND, database="default") as erasure:
        made.save(force_insert=True)
        _close_block(made.number)
        row = {name: getattr(made, name) for name in _TABLE} | {"issued_at": made.issued_at.isoformat()}
        journal.journal().keep_text(made.digest, json.dumps(row, default=str))
        erasure.intend(certificate=made.pk, number=made.number, digest=made.digest)
    return made


def replay(*, kind: str, database: str, facts: dict[str, Any], at: datetime, certain: bool) -> bool:
    """Hook `erasure.replay` for certificates. Raises ReplayImpossible."""
    if kind != KIND:
        return False
    if not certain:
        raise Moot
    number, digest = facts["number"], facts["digest"]
    there = Certificate.objects.filter(number=number).first()
    if there is None:
        _append(number, digest)
    elif there.digest != digest:
        raise journal.ReplayImpossible(
            f"certificate {number} of this database is another one than was published: two histories cannot be joined"
        )
    return True


def _append(number: int, digest: str) -> None:
    row = json.loads(journal.journal().text(digest))
    head = Certificate.objects.order_by("-number").first()
    follows = (head.number, head.digest) if head else (0, "0" * 64)
    if canonical.digest(row["body"]) != digest or follows != (number - 1, row["previous_digest"]):
        raise journal.ReplayImpossible(
            f"certificate {number} does not follow this database's last one, {follows[0]}: its chain is damaged"
        )
    Certificate.objects.create(
        **{**row, "number": number, "issued_at": datetime.fromisoformat(row["issued_at"])}
    )
    _close_block(number)


def _close_block(number: int) -> None:
    if number % tree.BLOCK == 0:
        tree.close_blocks(number)
