"""Making keys in AWS KMS: makers that die or meet leave nothing half made, and no key is taken for another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from paasoo_portal.core import clock
from privacy.keys.vault import Vault, VaultMismatch, VaultUnavailable
from privacy.keys.vault.kms import api as kms_api
from privacy.keys.vault.kms import vault as kms_vault
from tests.privacy.kms import FOR_GOOD, Account, Front, alias

Opened = Callable[..., Vault]


@pytest.fixture
def vault(opened_kms: Opened) -> Vault:
    return opened_kms()


def test_of_two_processes_that_make_the_same_epoch_one_wins(
    kms: Front, vault: Vault, opened_kms: Opened, console: Account
) -> None:
    code = (
        "import sys, django; django.setup()\n"
        "from privacy.keys.vault import EpochExists, _open\n"
        "vault = _open(sys.argv[1], 60.0, 7); print('ready', flush=True); sys.stdin.readline()\n"
        "try: vault.create('sg', int(sys.argv[2])); print('made')\n"
        "except EpochExists: print('exists')\n"
    )
    for epoch in (1, 2):
        makers = [
            subprocess.Popen(
                [sys.executable, "-c", code, kms.url(), str(epoch)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ),
            )
            for _ in range(2)
        ]  # fmt: skip
        for maker in makers:
            assert maker.stdout is not None
            assert maker.stdout.readline() == "ready\n"
        for maker in makers:
            assert maker.stdin is not None
            maker.stdin.write("go\n")
            maker.stdin.flush()
        said = sorted(maker.communicate(timeout=60)[0].strip() for maker in makers)
        assert said == ["exists", "made"]
        assert opened_kms().epochs("sg") == list(range(1, epoch + 1))
    assert console.states()["Enabled"] == 3, "the losers' keys are on their way out"


CREATION = [
    "ListAliases",
    "ListResourceTags",
    "GenerateMac",
    "DescribeKey",
    "ListKeys",
    "CreateKey",
    "CreateAlias",
]


@pytest.mark.parametrize("how", ["broken", "lost", "reset", "throttled"])
@pytest.mark.parametrize("operation", CREATION)
def test_a_creation_that_fails_anywhere_is_made_good_by_repeating(
    kms: Front, vault: Vault, opened_kms: Opened, console: Account, operation: str, how: str
) -> None:
    vault.create("sg", 1)
    kms.misbehave(operation, how, FOR_GOOD)
    with pytest.raises(VaultUnavailable, match=r"^kms [a-z_]+: \w+$"):
        vault.create("sg", 2)
    kms.behave()
    if vault.head("sg") < 2:  # what the carry-over asks before it repeats
        vault.create("sg", 2)
    later = opened_kms()
    assert later.unwrap("sg", 2, vault.wrap("sg", 2, b"k", b""), b"") == b"k"
    with clock.travel(by=timedelta(hours=2)):
        later.create("sg", 3)
    assert later.epochs("sg") == [1, 2, 3]
    assert console.states()["Enabled"] == 4, (
        "anchor and epochs; leftovers were found and are on their way out"
    )


@pytest.mark.parametrize("how", ["lost", "reset", "broken"])
@pytest.mark.parametrize("of", ["anchor", "epoch"])
@pytest.mark.parametrize("operation", ["CreateKey", "CreateAlias"])
def test_an_answer_lost_once_is_no_failure(
    kms: Front, vault: Vault, console: Account, operation: str, of: str, how: str
) -> None:
    kms.misbehave(operation, how, after=["anchor", "epoch"].index(of))
    vault.create("sg", 1)
    with clock.travel(by=timedelta(hours=2)):
        vault.create("sg", 2)
    assert vault.epochs("sg") == [1, 2]
    assert console.states()["Enabled"] == 3


def test_an_anchor_made_in_vain_is_found(kms: Front, vault: Vault, console: Account) -> None:
    kms.misbehave("CreateAlias", "broken", FOR_GOOD)
    with pytest.raises(VaultUnavailable):
        vault.create("sg", 1)
    assert (vault.fingerprint("sg"), vault.epochs("sg"), vault.head("sg")) == ("", [], 0)
    with clock.travel(by=timedelta(hours=2)):
        vault.create("sg", 1)
    assert console.states() == {"Enabled": 2, "PendingDeletion": 1}


def test_keys_made_in_vain_do_not_pile_up(kms: Front, vault: Vault, console: Account) -> None:
    """A permission is missing for a day: what each try leaves behind goes an hour later, not what is in the making."""
    vault.create("sg", 1)
    for _ in range(3):
        kms.misbehave("CreateAlias", "broken", FOR_GOOD)
        with pytest.raises(VaultUnavailable):
            vault.create("sg", 2)
    assert console.states() == {"Enabled": 5}
    kms.misbehave("CreateAlias", "broken", FOR_GOOD)
    with clock.travel(by=timedelta(hours=2)), pytest.raises(VaultUnavailable):
        vault.create("sg", 2)
    assert console.states() == {"Enabled": 3, "PendingDeletion": 3}


def test_what_kms_does_not_show_at_once_is_waited_for(
    kms: Front, vault: Vault, opened_kms: Opened, console: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is not listed yet is no leftover."""
    kms.lag = 0.3
    for module in (kms_api, kms_vault):
        monkeypatch.setattr(module, "PAUSE_SECONDS", 0.1)
    with clock.travel(by=timedelta(hours=2)):
        for epoch in (1, 2):
            vault.create("sg", epoch)
            assert opened_kms().epochs("sg") == list(range(1, epoch + 1))
    assert len(vault.signing_key()) == 32
    assert console.states() == {"Enabled": 4}


def test_the_search_for_leftovers_touches_nothing_else(
    vault: Vault, opened_kms: Opened, console: Account
) -> None:
    """Neither other applications' keys, nor another vault's, nor a key of ours that has lost its alias."""
    vault.create("sg", 1)
    vault.create("sg", 2)
    other = opened_kms(name="other")
    other.create("sg", 1)
    other.create("sg", 2)
    console.client.create_key(Description="somebody else's")
    console.client.delete_alias(AliasName="alias/paasoo/other/sg/epoch-1")
    console.client.delete_alias(AliasName="alias/paasoo/other/sg/anchor")
    console.client.delete_alias(AliasName=alias("epoch-1"))
    with clock.travel(by=timedelta(hours=2)):
        vault.create("sg", 3)
    assert console.states() == {"Enabled": 8}
    with pytest.raises(VaultMismatch):
        opened_kms(name="other").create("sg", 3)


def test_a_series_whose_every_alias_was_deleted_is_not_cleared_away(
    vault: Vault, opened_kms: Opened, console: Account
) -> None:
    """It can still be saved by hand, even when somebody has begun a new one in its place."""
    vault.create("sg", 1)
    vault.mark_in_use("sg", 1)
    for name in console.aliases():
        console.client.delete_alias(AliasName=name)
    with clock.travel(by=timedelta(hours=2)):
        for epoch in (1, 2):
            opened_kms().create("sg", epoch)
    assert console.states() == {"Enabled": 5}


def test_a_new_series_takes_no_key_of_a_former_one(
    vault: Vault, opened_kms: Opened, console: Account
) -> None:
    """The anchor is lost and somebody points its alias at another key: its epochs are not believed."""
    vault.create("sg", 1)
    vault.create("ie", 1)
    anchors = console.aliases()
    console.client.update_alias(
        AliasName=alias("anchor"), TargetKeyId=anchors["alias/paasoo/vault/ie/anchor"]
    )
    with pytest.raises(VaultMismatch):
        opened_kms().epochs("sg")


def test_an_alias_that_was_pointed_elsewhere_is_noticed(
    vault: Vault, opened_kms: Opened, console: Account
) -> None:
    vault.create("sg", 1)
    vault.create("sg", 2)
    console.client.update_alias(AliasName=alias("epoch-1"), TargetKeyId=console.aliases()[alias("epoch-2")])
    later = opened_kms()
    for call in (lambda: later.wrap("sg", 1, b"k", b""), lambda: later.destroy("sg", 1)):
        with pytest.raises(VaultMismatch, match="leads to another"):
            call()
    assert console.states() == {"Enabled": 3}


def test_epochs_follow_one_another(vault: Vault) -> None:
    vault.create("sg", 1)
    with pytest.raises(VaultMismatch, match="does not follow"):
        vault.create("sg", 3)
