"""The tree over the digests of all certificates, in the order of their numbers: its head, and proofs under it.

A certificate's digest is its leaf. Of each 1,024 certificates that are complete the hash is stored once, as a row of
its own; all else is computed from the digests. So a proof reads at most 2,047 digests and one short row per 1,024
certificates: about 3,000 rows for a million certificates, and nothing has to be cached to be quick. Keeps P-RET-7.
"""

from __future__ import annotations

import logging
from typing import Final

from privacy.certificates import merkle
from privacy.certificates.models import Certificate, CertificateBlock
from privacy.errors import PrivacyError

log = logging.getLogger(__name__)

BLOCK: Final = 1024


class Gap(PrivacyError):
    """A certificate is missing from the chain, so nothing can be proven: `retention verify` names it."""


class Tree:
    """The tree over the first `size` certificates. Reads what it needs once; make a new one for each question."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._leaves: dict[int, list[bytes]] = {}
        self._blocks = {
            number: bytes.fromhex(root)
            for number, root in CertificateBlock.objects.filter(number__lt=size // BLOCK).values_list(
                "number", "root"
            )
        }

    def root(self) -> bytes:
        return merkle.root(self._known, self.size)

    def inclusion(self, number: int) -> list[bytes]:
        """The path of certificate `number`. Raises IndexError when the tree does not hold it."""
        return merkle.inclusion(self._known, number - 1, self.size)

    def consistency(self, former: int) -> list[bytes]:
        """The proof that this tree begins with the one over `former` certificates. Raises IndexError."""
        return merkle.consistency(self._known, former, self.size)

    def _known(self, start: int, end: int) -> bytes | None:
        if end - start == 1:
            return self._leaf(start)
        if end - start == BLOCK and start % BLOCK == 0:
            return self._blocks.get(start // BLOCK)
        return None

    def _leaf(self, index: int) -> bytes:
        block = index // BLOCK
        if block not in self._leaves:
            self._leaves[block] = leaves(block, self.size)
        return self._leaves[block][index % BLOCK]


def leaves(block: int, size: int) -> list[bytes]:
    """The hashed leaves of a block of a tree of that size. Raises Gap."""
    first, last = block * BLOCK + 1, min((block + 1) * BLOCK, size)
    numbered = Certificate.objects.filter(number__gte=first, number__lte=last).order_by("number")
    found = list(numbered.values_list("number", "digest"))
    if [number for number, _digest in found] != list(range(first, last + 1)):
        raise Gap(f"a certificate between {first} and {last} is missing")
    return [merkle.leaf_of(digest) for _number, digest in found]


def close_blocks(size: int) -> None:
    """Store the hash of every block that is complete and not stored. Needs the worker's role and the chain's lock.

    A gap is an alarm of `retention verify`; it keeps no further certificate from being issued.
    """
    stored = CertificateBlock.objects.count()
    for number in range(stored, size // BLOCK):
        try:
            root = merkle.root(merkle.of_leaves(leaves(number, size)), BLOCK)
        except Gap as error:
            log.error("a block of certificates cannot be closed", extra={"because": error.log})
            return
        CertificateBlock.objects.create(number=number, root=root.hex())
