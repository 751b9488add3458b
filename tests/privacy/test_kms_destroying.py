"""Destroying keys in AWS KMS: once, finished after any crash, and never claimed for a key that was merely lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from privacy.keys.vault import EpochDestroyed, Vault, VaultMismatch, VaultUnavailable
from tests.privacy.kms import FOR_GOOD, Account, Front, alias

Opened = Callable[..., Vault]


@pytest.fixture
def vault(opened_kms: Opened) -> Vault:
    return opened_kms()


DESTRUCTION = [
    "ListAliases", "ListResourceTags", "DescribeKey", "TagResource", "ScheduleKeyDeletion", "UntagResource",
]  # fmt: skip


@pytest.mark.parametrize("how", ["broken", "lost", "reset"])
@pytest.mark.parametrize(("operation", "after"), [*((name, 0) for name in DESTRUCTION), ("TagResource", 1)])
def test_a_destruction_that_stops_anywhere_is_finished_once(
    kms: Front, vault: Vault, opened_kms: Opened, console: Account, operation: str, after: int, how: str
) -> None:
    for epoch in (1, 2):
        vault.create("sg", epoch)
    wrapped = vault.wrap("sg", 2, b"k", b"")
    kms.misbehave(operation, how, FOR_GOOD, after=after)
    with pytest.raises(VaultUnavailable):
        vault.destroy("sg", 1)
    kms.behave()
    kms.calls.clear()
    receipt = opened_kms().destroy("sg", 1)
    assert "destroyed_at" in receipt
    assert opened_kms().destroy("sg", 1) == receipt
    assert opened_kms().receipts("sg") == {1: receipt}
    assert opened_kms().epochs("sg") == [2]
    assert opened_kms().unwrap("sg", 2, wrapped, b"") == b"k"
    assert console.states() == {"Enabled": 2, "PendingDeletion": 1}
    assert kms.calls["ScheduleKeyDeletion"] <= 1


def test_an_intent_alone_already_closes_the_epoch(kms: Front, vault: Vault, opened_kms: Opened) -> None:
    """It was written before the call that cannot be undone, and nobody wraps under such an epoch any more."""
    vault.create("sg", 1)
    kms.misbehave("ScheduleKeyDeletion", "broken", FOR_GOOD)
    with pytest.raises(VaultUnavailable):
        vault.destroy("sg", 1)
    kms.behave()
    later = opened_kms()
    assert "intended_at" in later.receipts("sg")[1]
    assert later.epochs("sg") == [1]
    with pytest.raises(EpochDestroyed):
        later.wrap("sg", 1, b"k", b"")


def test_a_crash_longer_ago_than_the_waiting_period_is_finished(
    kms: Front, vault: Vault, opened_kms: Opened, console: Account
) -> None:
    vault.create("sg", 1)
    kms.misbehave("TagResource", "broken", FOR_GOOD, after=1)
    with pytest.raises(VaultUnavailable):
        vault.destroy("sg", 1)
    kms.behave()
    assert len(console.forget_deleted()) == 1
    receipt = opened_kms().destroy("sg", 1)
    assert receipt["destroyed_at"]
    assert opened_kms().destroy("sg", 1) == receipt


def test_a_lost_key_is_a_mismatch_and_never_erased(
    vault: Vault, opened_kms: Opened, console: Account
) -> None:
    for epoch in (1, 2, 3):
        vault.create("sg", epoch)
    ids = console.aliases()
    console.client.schedule_key_deletion(KeyId=ids[alias("epoch-1")], PendingWindowInDays=7)
    console.client.disable_key(KeyId=ids[alias("epoch-2")])
    for _ in ("waiting", "gone"):
        later = opened_kms()
        assert later.epochs("sg") == [3]
        assert later.receipts("sg") == {}
        for epoch in (1, 2):
            with pytest.raises(VaultMismatch):
                later.wrap("sg", epoch, b"k", b"")
        with pytest.raises(VaultMismatch):
            later.destroy("sg", 1)
        console.forget_deleted()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("hidden", [True, False])
def test_a_cancelled_deletion_is_loud(
    vault: Vault, opened_kms: Opened, console: Account, enabled: bool, hidden: bool
) -> None:
    """Also while the key is still disabled, and when its alias was taken away."""
    vault.create("sg", 1)
    vault.create("sg", 2)
    wrapped = vault.wrap("sg", 1, b"k", b"")
    receipt = vault.destroy("sg", 1)
    key = console.aliases()[alias("epoch-1")]
    console.client.cancel_key_deletion(KeyId=key)
    if enabled:
        console.client.enable_key(KeyId=key)
    if hidden:
        console.client.delete_alias(AliasName=alias("epoch-1"))
    later = opened_kms()
    assert later.epochs("sg") == [1, 2], (
        "what the guard holds against the database's record of its destruction"
    )
    with pytest.raises(VaultMismatch, match="cancelled"):
        later.destroy("sg", 1)
    with pytest.raises(EpochDestroyed):
        later.unwrap("sg", 1, wrapped, b"")
    console.client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)  # what the operator is told to do
    assert opened_kms().epochs("sg") == [2]
    assert opened_kms().destroy("sg", 1) == receipt
