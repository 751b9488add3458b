"""Checking a certificate, alone or with the whole chain. A key inside a certificate proves integrity, not
origin: origin needs the public key from elsewhere (`manage.py keys status` prints it for publication).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from privacy.certificates import canonical, merkle, strict, tree
from privacy.certificates.models import Certificate, CertificateBlock
from privacy.keys import VaultMismatch, signing


@dataclass(frozen=True)
class Finding:
    """`ok`, or what does not fit."""

    ok: bool
    number: int | None = None
    problem: str = ""


def verify(body: str, signature: str, public_key: str) -> Finding:
    """Is this exact text canonical and signed by the holder of that key?"""
    try:
        content = strict.loads(body)
        number = int(content["number"])
        same = canonical.encode(content) == body
    except (strict.Unreadable, ValueError, KeyError, TypeError):
        return Finding(False, None, "not a certificate")
    if not same:
        return Finding(False, number, "the text is not canonical")
    if content.get("signed_by") != public_key:
        return Finding(False, number, "signed by another key")
    if not signing.is_signed(body.encode(), signature, public_key):
        return Finding(False, number, "the signature does not fit")
    return Finding(True, number)


def require_own_key() -> None:
    """Raise VaultMismatch when the newest certificate is signed by another key than the vault's: it was lost, or swapped.

    A vault makes a key where it finds none, so that this is asked before anything is erased, and before anything is signed.
    """
    newest = Certificate.objects.order_by("-number").first()
    if newest is not None and json.loads(newest.body).get("signed_by") != signing.public_key():
        raise VaultMismatch(
            f"certificate {newest.number} is signed by another key than the vault's: the signing key was lost or "
            "swapped. Bring the former one back; what a new one signs, nobody who holds the published key can check"
        )


def verify_tail(most: int) -> Finding:
    """The newest certificates alone, and how the first of them follows the one before: cheap, so it is asked often."""
    public = signing.public_key()
    rows = list(Certificate.objects.order_by("-number")[: most + 1])[::-1]
    for before, row in zip([None, *rows], rows, strict=False):
        found = verify(row.body, row.signature, public)
        if not found.ok or found.number != row.number:
            return Finding(False, row.number, found.problem or "the text bears another number")
        if row.digest != canonical.digest(row.body):
            return Finding(False, row.number, "the digest does not fit")
        if before is None:
            continue
        if row.number != before.number + 1:
            return Finding(False, before.number + 1, "a certificate is missing")
        if row.previous_digest != before.digest or json.loads(row.body)["previous"] != before.digest:
            return Finding(False, row.number, "the chain is broken")
    return Finding(True, rows[-1].number if rows else 0)


def verify_chain() -> Finding:
    """Every certificate, in order: numbers without a gap, each digest in its successor, each signature; and blocks."""
    public, previous, expected = signing.public_key(), "0" * 64, 1
    blocks = dict(CertificateBlock.objects.values_list("number", "root"))
    leaves: list[bytes] = []
    for row in Certificate.objects.order_by("number").iterator(chunk_size=1000):
        found = verify(row.body, row.signature, public)
        if row.number != expected or found.number != expected:
            return Finding(False, expected, "a certificate is missing")
        if not found.ok:
            return found
        if row.previous_digest != previous or json.loads(row.body)["previous"] != previous:
            return Finding(False, expected, "the chain is broken")
        if row.digest != canonical.digest(row.body):
            return Finding(False, expected, "the digest does not fit")
        leaves.append(merkle.leaf_of(row.digest))
        if len(leaves) == tree.BLOCK:
            root = merkle.root(merkle.of_leaves(leaves), tree.BLOCK).hex()
            if blocks.pop(expected // tree.BLOCK - 1, root) != root:
                return Finding(False, expected, "the hash of a block does not fit")
            leaves = []
        previous, expected = row.digest, expected + 1
    if blocks:
        return Finding(False, expected, "a block stands for certificates that are missing")
    return Finding(True, expected - 1)
