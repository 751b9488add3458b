"""A Merkle tree after RFC 9162 (section 2.1): short proofs that one leaf stands in a list, and that a list only grew.

Pure arithmetic on 32-byte hashes; what the leaves are is the caller's business. A proof holds hashes of neighbours
alone, so it tells nobody what else is in the list. Keeps P-RET-7.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

EMPTY: Final = hashlib.sha256(b"").digest()

# The hash over leaves [start, end) where it is at hand; it must know every single leaf.
Known = Callable[[int, int], bytes | None]


def leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def leaf_of(digest: str) -> bytes:
    """The leaf of a digest of 64 hexadecimal digits."""
    return leaf(bytes.fromhex(digest))


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def of_leaves(leaves: Sequence[bytes]) -> Known:
    """What is known of a list that lies in memory."""
    return lambda start, end: leaves[start] if end - start == 1 else None


def root(known: Known, size: int) -> bytes:
    """The root over the first `size` leaves."""
    return over(known, 0, size) if size else EMPTY


def over(known: Known, start: int, end: int) -> bytes:
    """The hash over leaves [start, end), which are at least one."""
    found = known(start, end)
    if found is not None:
        return found
    middle = start + _split(end - start)
    return node(over(known, start, middle), over(known, middle, end))


def inclusion(known: Known, index: int, size: int) -> list[bytes]:
    """The path from a leaf up to the root over `size` leaves. Raises IndexError for a leaf that is not there."""
    if not 0 <= index < size:
        raise IndexError("no such leaf")
    return _path(known, index, 0, size)


def consistency(known: Known, former: int, size: int) -> list[bytes]:
    """The proof that the first `former` leaves are the same now. Raises IndexError outside 1 … size."""
    if not 1 <= former <= size:
        raise IndexError("no such size")
    return _grown(known, former, 0, size, whole=True)


def is_included(hashed: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf's hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, hashed
    for one in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node(one, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node(found, one)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(former: int, size: int, former_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `size` leaves begins with the tree of `former` leaves (RFC 9162, 2.1.4.2)."""
    if not 1 <= former <= size:
        return False
    if former == size:
        return not proof and former_root == root
    path = list(proof)
    if former & (former - 1) == 0:
        path.insert(0, former_root)
    if not path:
        return False
    here, last = former - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    before = after = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            before, after = node(one, before), node(one, after)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            after = node(after, one)
        here, last = here >> 1, last >> 1
    return last == 0 and before == former_root and after == root


def _path(known: Known, index: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle:
        return [*_path(known, index, start, middle), over(known, middle, end)]
    return [*_path(known, index, middle, end), over(known, start, middle)]


def _grown(known: Known, former: int, start: int, end: int, *, whole: bool) -> list[bytes]:
    if former == end:
        return [] if whole else [over(known, start, end)]
    middle = start + _split(end - start)
    if former <= middle:
        return [*_grown(known, former, start, middle, whole=whole), over(known, middle, end)]
    return [*_grown(known, former, middle, end, whole=False), over(known, start, middle)]


def _split(count: int) -> int:
    """The largest power of two below the count, which is at least two."""
    return 1 << (count - 1).bit_length() - 1
