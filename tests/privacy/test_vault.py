"""What any vault promises, folder or KMS: nothing but a destruction reads as one, and no epoch ever returns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag

from privacy.keys.vault import EpochDestroyed, EpochExists, Vault, VaultMismatch

Opened = Callable[..., Vault]


@pytest.fixture(params=["folder", "kms"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Opens the test's vault, as another process would."""
    found: Opened = request.getfixturevalue(f"opened_{request.param}")
    return found


@pytest.fixture
def vault(opened: Opened) -> Vault:
    return opened()


def test_wraps_and_unwraps_within_its_context(vault: Vault, opened: Opened) -> None:
    vault.create("sg", 1)
    wrapped = vault.wrap("sg", 1, b"k" * 32, b"context")
    assert b"k" * 32 not in wrapped
    assert vault.wrap("sg", 1, b"k" * 32, b"context") != wrapped
    assert opened().unwrap("sg", 1, wrapped, b"context") == b"k" * 32
    with pytest.raises(InvalidTag):
        vault.unwrap("sg", 1, wrapped, b"another context")


@pytest.mark.parametrize("place", [0, 1, 12, 13, 30, -1])
def test_an_altered_or_cut_wrapping_is_refused(vault: Vault, place: int) -> None:
    vault.create("sg", 1)
    wrapped = bytearray(vault.wrap("sg", 1, b"k" * 32, b""))
    wrapped[place] ^= 1
    with pytest.raises(InvalidTag):
        vault.unwrap("sg", 1, bytes(wrapped), b"")
    with pytest.raises(InvalidTag):
        vault.unwrap("sg", 1, bytes(wrapped[: place % len(wrapped)]), b"")


def test_each_epoch_and_each_series_wraps_under_a_key_of_its_own(vault: Vault) -> None:
    for database, epoch in (("sg", 1), ("sg", 2), ("ie", 1)):
        vault.create(database, epoch)
    wrapped = vault.wrap("sg", 1, b"k" * 32, b"")
    for database, epoch in (("sg", 2), ("ie", 1)):
        with pytest.raises(InvalidTag):
            vault.unwrap(database, epoch, wrapped, b"")


def test_epochs_are_never_overwritten_nor_returned_to(vault: Vault, opened: Opened) -> None:
    vault.create("sg", 1)
    with pytest.raises(EpochExists):
        opened().create("sg", 1)
    vault.create("sg", 2)
    vault.destroy("sg", 2)
    with pytest.raises(EpochExists):
        opened().create("sg", 2)
    assert vault.head("sg") == 2


def test_destruction_gives_one_receipt(vault: Vault, opened: Opened) -> None:
    vault.create("sg", 1)
    wrapped = vault.wrap("sg", 1, b"k" * 32, b"")
    receipt = vault.destroy("sg", 1)
    assert receipt["epoch"] == 1
    assert receipt["erasure"] == vault.erasure
    assert receipt["fingerprint"] == vault.fingerprint("sg")
    assert vault.destroy("sg", 1) == receipt == opened().destroy("sg", 1)
    assert vault.receipts("sg") == opened().receipts("sg") == {1: receipt}
    assert vault.epochs("sg") == opened().epochs("sg") == []
    for held in (vault, opened()):
        with pytest.raises(EpochDestroyed):
            held.unwrap("sg", 1, wrapped, b"")


def test_what_was_destroyed_out_of_turn_leaves_the_others_alone(vault: Vault) -> None:
    for epoch in (1, 2, 3):
        vault.create("sg", epoch)
    wrapped = vault.wrap("sg", 1, b"k", b"")
    vault.destroy("sg", 2)
    assert vault.epochs("sg") == [1, 3]
    assert list(vault.receipts("sg")) == [2]
    assert vault.unwrap("sg", 1, wrapped, b"") == b"k"


def test_memory_forgets_what_another_process_destroyed(opened: Opened) -> None:
    vault = opened(cache_seconds=0)
    vault.create("sg", 1)
    wrapped = vault.wrap("sg", 1, b"k" * 32, b"")
    opened().destroy("sg", 1)
    with pytest.raises(EpochDestroyed):
        vault.unwrap("sg", 1, wrapped, b"")


def test_what_the_vault_never_had_is_a_mismatch(vault: Vault) -> None:
    vault.create("sg", 1)
    for database, epoch in (("sg", 7), ("ie", 1)):
        with pytest.raises(VaultMismatch):
            vault.wrap(database, epoch, b"k", b"")
        with pytest.raises(VaultMismatch):
            vault.unwrap(database, epoch, b"", b"")
        with pytest.raises(VaultMismatch):
            vault.destroy(database, epoch)


def test_the_fingerprint_is_per_series_and_stays(vault: Vault, opened: Opened) -> None:
    assert vault.fingerprint("sg") == ""
    vault.create("sg", 1)
    vault.create("ie", 1)
    before = vault.fingerprint("sg")
    assert len(bytes.fromhex(before)) == 32
    assert before != vault.fingerprint("ie")
    assert vault.fingerprint("hk") == ""
    vault.create("sg", 2)
    vault.destroy("sg", 1)
    assert opened().fingerprint("sg") == before


def test_the_signing_key_is_one_and_stays(vault: Vault, opened: Opened) -> None:
    seed = vault.signing_key()
    assert len(seed) == 32
    vault.create("sg", 1)
    assert vault.signing_key() == seed == opened().signing_key()


def test_the_mark_never_falls(vault: Vault, opened: Opened) -> None:
    vault.create("sg", 1)
    assert vault.in_use("sg") == 0
    other = opened()
    assert other.in_use("sg") == 0  # and remembers it
    vault.mark_in_use("sg", 5)
    other.mark_in_use("sg", 3)
    vault.mark_in_use("sg", 4)
    assert opened().in_use("sg") == vault.in_use("sg") == 5


def test_series_do_not_see_one_another(vault: Vault) -> None:
    vault.create("sg", 1)
    vault.create("sg_2", 1)
    vault.create("sg", 2)
    vault.destroy("sg", 1)
    vault.mark_in_use("sg", 2)
    assert (vault.epochs("sg"), vault.head("sg")) == ([2], 2)
    assert (vault.epochs("sg_2"), vault.head("sg_2")) == ([1], 1)
    assert (vault.receipts("sg_2"), vault.in_use("sg_2")) == ({}, 0)


def test_names_stay_within_the_vault(vault: Vault) -> None:
    for name in ("../sg", "", "a/b", "SG", "sg*"):
        with pytest.raises(ValueError, match="lower case"):
            vault.create(name, 1)


def test_a_vault_that_answers_passes_its_check(vault: Vault) -> None:
    vault.create("sg", 1)
    vault.check()
    vault.signing_key()
    vault.check()
