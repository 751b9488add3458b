"""The tree's proofs: each leaf proves, nothing else does, and a list that grew is told from one that was rewritten."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.certificates import merkle

hashes = st.binary(min_size=32, max_size=32)
# Sizes round the powers of two are where such arithmetic goes wrong.
sizes = st.integers(1, 70) | st.sampled_from([127, 128, 129, 255, 256, 257])


def tree(size: int, salt: bytes = b"") -> list[bytes]:
    return [merkle.leaf(salt + str(number).encode()) for number in range(size)]


def known(leaves: list[bytes]) -> merkle.Known:
    return merkle.of_leaves(leaves)


def test_the_vectors_of_certificate_transparency() -> None:
    """The tree of RFC 6962's reference implementation over its eight test leaves."""
    leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    hashed = [merkle.leaf(bytes.fromhex(one)) for one in leaves]
    roots = {
        0: hashlib.sha256().hexdigest(),
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, root in roots.items():
        assert merkle.root(known(hashed), size).hex() == root


@given(sizes)
def test_every_leaf_proves(size: int) -> None:
    leaves = tree(size)
    root = merkle.root(known(leaves), size)
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion(known(leaves), index, size)
        assert len(path) <= size.bit_length()
        assert merkle.is_included(leaf, index, size, path, root)


@given(sizes, st.data())
def test_whatever_is_altered_proves_no_more(size: int, data: st.DataObject) -> None:
    leaves = tree(size)
    root = merkle.root(known(leaves), size)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(known(leaves), index, size)
    other = data.draw(hashes)
    assert not merkle.is_included(other, index, size, path, root)
    assert not merkle.is_included(leaves[index], index, size, path, other)
    elsewhere = data.draw(st.integers(-3, size + 3).filter(lambda found: found != index))
    assert not merkle.is_included(leaves[index], elsewhere, size, path, root)
    assert not merkle.is_included(leaves[index], index, size, [*path, other], root)
    if path:
        step = data.draw(st.integers(0, len(path) - 1))
        assert not merkle.is_included(leaves[index], index, size, path[:step] + path[step + 1 :], root)
        assert not merkle.is_included(
            leaves[index], index, size, [*path[:step], other, *path[step + 1 :]], root
        )


@given(sizes, st.data())
def test_a_list_that_grew_is_consistent(size: int, data: st.DataObject) -> None:
    leaves = tree(size)
    former = data.draw(st.integers(1, size))
    roots = merkle.root(known(leaves), former), merkle.root(known(leaves), size)
    proof = merkle.consistency(known(leaves), former, size)
    assert merkle.is_consistent(former, size, *roots, proof)
    other = data.draw(hashes)
    assert not merkle.is_consistent(former, size, other, roots[1], proof)
    assert not merkle.is_consistent(former, size, roots[0], other, proof)
    assert not merkle.is_consistent(former, size, *roots, [*proof, other])
    if proof:
        step = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.is_consistent(former, size, *roots, proof[:step] + proof[step + 1 :])
        assert not merkle.is_consistent(former, size, *roots, [*proof[:step], other, *proof[step + 1 :]])


@given(sizes, st.data())
def test_a_list_that_was_rewritten_is_not(size: int, data: st.DataObject) -> None:
    """The former head was of other leaves: no proof that the new list can give convinces."""
    former = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, former - 1))
    before, after = tree(size), tree(size)
    after[changed] = merkle.leaf(b"another certificate")
    proof = merkle.consistency(known(after), former, size)
    assert not merkle.is_consistent(
        former, size, merkle.root(known(before), former), merkle.root(known(after), size), proof
    )


def test_what_is_not_there_has_no_proof() -> None:
    leaves = tree(5)
    for index in (-1, 5, 10**12):
        with pytest.raises(IndexError):
            merkle.inclusion(known(leaves), index, 5)
    for former in (0, 6, -1):
        with pytest.raises(IndexError):
            merkle.consistency(known(leaves), former, 5)
        assert not merkle.is_consistent(former, 5, leaves[0], leaves[0], [])
