"""The vault in AWS KMS: what stands there, what survives a key that KMS has forgotten, and a KMS that does not answer."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from botocore.config import Config

from paasoo_portal.core import clock
from privacy.keys.vault import (
    EpochDestroyed,
    EpochExists,
    Vault,
    VaultMismatch,
    VaultUnavailable,
    _open,
)
from privacy.keys.vault.kms import api as kms_api
from privacy.keys.vault.kms import ledger
from privacy.keys.vault.kms.ledger import FULL_RECEIPTS
from tests.privacy.kms import CREDENTIALS, FOR_GOOD, MOST_TAGS, REGION, Account, Front, alias

Opened = Callable[..., Vault]
ANCHOR = alias("anchor")


@pytest.fixture
def vault(opened_kms: Opened) -> Vault:
    return opened_kms()


# --- What stands in KMS --------------------------------------------------------------------------------------


def test_each_epoch_is_a_key_of_its_own_that_says_what_it_is(vault: Vault, console: Account) -> None:
    vault.create("sg", 1)
    vault.create("sg", 2)
    aliases = console.aliases()
    assert set(aliases) == {ANCHOR, alias("epoch-1"), alias("epoch-2")}
    assert len(set(aliases.values())) == 3
    assert console.tags(alias("epoch-2")) == {
        "paasoo:vault": "vault", "paasoo:key": "epoch", "paasoo:database": "sg", "paasoo:epoch": "2",
    }  # fmt: skip
    for key in console.keys().values():
        assert (key["KeySpec"], key["KeyUsage"], key["Origin"]) == (
            "HMAC_256",
            "GENERATE_VERIFY_MAC",
            "AWS_KMS",
        )


def test_the_receipt_tells_which_key_goes_when(vault: Vault, console: Account) -> None:
    vault.create("sg", 1)
    arn = console.keys()[console.aliases()[alias("epoch-1")]]["Arn"]
    receipt = vault.destroy("sg", 1)
    going = console.keys()[console.aliases()[alias("epoch-1")]]
    assert going["KeyState"] == "PendingDeletion"
    assert receipt["key"] == arn
    assert receipt["erasure"] == "irrecoverable"
    assert str(receipt["method"]).endswith("7 days")
    # KMS may take up to a day longer than it was told.
    assert (
        date.fromisoformat(str(receipt["deletes_on"])) == (going["DeletionDate"] + timedelta(days=1)).date()
    )
    assert vault.destruction_delay == timedelta(days=8)


def test_the_waiting_period_is_a_setting_within_kms_own_bounds(kms: Front, console: Account) -> None:
    vault = _open(kms.url(), 60.0, 30)
    vault.create("sg", 1)
    assert str(vault.destroy("sg", 1)["method"]).endswith("30 days")
    assert vault.destruction_delay.days == 31
    [going] = [key for key in console.keys().values() if key["KeyState"] == "PendingDeletion"]
    assert going["DeletionDate"] > clock.now() + timedelta(days=29)
    for days in (6, 31):
        with pytest.raises(VaultUnavailable, match="KMS_WAITING_DAYS"):
            _open(kms.url(), 60.0, days)


def test_receipts_outlive_the_keys_that_kms_has_forgotten(
    vault: Vault, opened_kms: Opened, console: Account
) -> None:
    vault.create("sg", 1)
    vault.create("sg", 2)
    receipt = vault.destroy("sg", 1)
    assert len(console.forget_deleted()) == 1
    later = opened_kms()
    assert later.receipts("sg") == {1: receipt}
    assert later.destroy("sg", 1) == receipt
    assert later.epochs("sg") == [2]
    assert later.head("sg") == 2
    with pytest.raises(EpochDestroyed):
        later.unwrap("sg", 1, b"\x01" + b"0" * 60, b"")
    with pytest.raises(EpochExists):
        later.create("sg", 1)


def test_the_head_does_not_fall_when_every_key_is_gone(
    vault: Vault, opened_kms: Opened, console: Account
) -> None:
    vault.create("sg", 1)
    vault.mark_in_use("sg", 1)
    console.client.schedule_key_deletion(KeyId=console.aliases()[alias("epoch-1")])
    console.forget_deleted()
    assert opened_kms().head("sg") == 1
    with pytest.raises(EpochExists):
        opened_kms().create("sg", 1)


def test_old_receipts_are_folded_into_one_mark(
    vault: Vault, opened_kms: Opened, console: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "FULL_RECEIPTS", 4)
    receipts = {}
    vault.create("sg", 1)
    for epoch in range(1, 8):
        vault.create("sg", epoch + 1)
        vault.mark_in_use("sg", epoch + 1)
        receipts[epoch] = vault.destroy("sg", epoch)
        console.forget_deleted()
    assert len(console.tags(ANCHOR)) == 3 + 4 + 2, "what it is; receipts; the two marks"
    found = opened_kms().receipts("sg")
    assert sorted(found) == list(range(1, 8))
    assert {epoch: found[epoch] for epoch in range(4, 8)} == {epoch: receipts[epoch] for epoch in range(4, 8)}
    with pytest.raises(EpochDestroyed):
        vault.unwrap("sg", 1, b"", b"")
    with pytest.raises(VaultMismatch, match="long ago"):
        vault.destroy("sg", 1)
    with pytest.raises(EpochExists):
        vault.create("sg", 1)
    assert vault.epochs("sg") == [8]


def test_the_ledger_holds_more_receipts_than_the_waiting_period_has_days_and_fits_into_a_keys_tags() -> None:
    assert FULL_RECEIPTS > 31
    assert 3 + FULL_RECEIPTS + 2 + 5 < MOST_TAGS  # and five that another process is about to take out


def test_an_epoch_without_receipt_is_never_folded_under_the_mark() -> None:
    """Destroyed out of turn, with one missing at the bottom: the mark stays below it."""
    at = clock.now()
    done = ledger.Destruction("arn", at, at + timedelta(days=7))
    tags = {name: value for epoch in range(2, 60) for name, value in done.tag(epoch).items()}
    found = ledger.read(tags)
    assert ledger.fold(found) == {}
    assert not found.is_destroyed(1)
    assert ledger.fold(ledger.read(tags | done.tag(1))) == {f"{ledger.THROUGH}{59 - FULL_RECEIPTS}": ""}


def test_a_damaged_ledger_is_loud(vault: Vault, opened_kms: Opened, console: Account) -> None:
    vault.create("sg", 1)
    tag = {"TagKey": "paasoo:destroyed:1", "TagValue": "yes"}
    console.client.tag_resource(KeyId=console.aliases()[ANCHOR], Tags=[tag])
    for name in ("epochs", "receipts", "in_use", "fingerprint"):
        with pytest.raises(VaultUnavailable, match="damaged"):
            getattr(opened_kms(), name)("sg")


def test_everything_is_found_over_many_pages(
    kms: Front, vault: Vault, opened_kms: Opened, console: Account
) -> None:
    kms.page = 2
    for epoch in range(1, 6):
        vault.create("sg", epoch)
    vault.mark_in_use("sg", 5)
    receipts = {epoch: vault.destroy("sg", epoch) for epoch in (1, 2)}
    later = opened_kms()
    assert (later.epochs("sg"), later.receipts("sg"), later.in_use("sg")) == ([3, 4, 5], receipts, 5)


def test_a_million_data_keys_are_no_million_calls(kms: Front, vault: Vault) -> None:
    vault.create("sg", 1)
    kms.calls.clear()
    for number in range(2_000):
        wrapped = vault.wrap("sg", 1, b"k" * 32, str(number).encode())
        assert vault.unwrap("sg", 1, wrapped, str(number).encode()) == b"k" * 32
        assert vault.epochs("sg") == [1]  # what the guard asks for each new data key
        (
            vault.receipts("sg"),
            vault.in_use("sg"),
            vault.head("sg"),
            vault.fingerprint("sg"),
            vault.signing_key(),
        )
    assert kms.calls.total() < 20


def test_nothing_secret_is_logged_even_when_everything_is(
    vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    """botocore's debug lines hold answers word for word, and an answer of GenerateMac is a key."""
    caplog.set_level(logging.DEBUG)
    vault.create("sg", 1)
    vault.wrap("sg", 1, b"k", b"")
    vault.signing_key()
    assert not [record for record in caplog.records if record.name.startswith(("boto", "urllib3"))]


# --- A KMS that does not answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["broken", "throttled", "reset", "garbage", "silent"])
def test_a_kms_that_fails_is_unavailable_and_says_no_secret(
    kms: Front, opened_kms: Opened, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kms_api, "_CONFIG", kms_api._CONFIG.merge(Config(read_timeout=1)))
    vault = opened_kms()
    vault.create("sg", 1)
    vault.signing_key()
    vault.forget()
    calls: list[Callable[[], Any]] = [
        vault.check,
        vault.signing_key,
        lambda: vault.wrap("sg", 1, b"k", b""),
        lambda: vault.fingerprint("sg"),
        lambda: vault.create("sg", 2),
        lambda: vault.destroy("sg", 1),
        lambda: vault.mark_in_use("sg", 1),
    ]
    for call in calls[:1] if how == "silent" else calls:
        kms.misbehave("*", how, FOR_GOOD)
        with pytest.raises(VaultUnavailable) as raised:
            call()
        assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in str(raised.value)
        assert CREDENTIALS["AWS_ACCESS_KEY_ID"] not in str(raised.value)
        kms.behave()
    vault.check()
    assert vault.epochs("sg") == [1]


def test_memory_bridges_a_short_failure(kms: Front, vault: Vault) -> None:
    vault.create("sg", 1)
    wrapped = vault.wrap("sg", 1, b"k", b"")
    kms.misbehave("*", "broken", 99)
    assert vault.unwrap("sg", 1, wrapped, b"") == b"k"
    vault.forget()
    with pytest.raises(VaultUnavailable):
        vault.unwrap("sg", 1, wrapped, b"")


def test_without_credentials_the_vault_is_unavailable(
    opened_kms: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(VaultUnavailable, match="NoCredentialsError"):
        opened_kms().check()


def test_another_region_or_name_is_an_empty_vault(vault: Vault, opened_kms: Opened) -> None:
    vault.create("sg", 1)
    for other in (opened_kms(region="eu-central-1"), opened_kms(name="another")):
        assert (other.fingerprint("sg"), other.epochs("sg"), other.receipts("sg")) == ("", [], {})
        with pytest.raises(VaultMismatch):
            other.unwrap("sg", 1, b"", b"")
        with pytest.raises(VaultMismatch):
            other.destroy("sg", 1)
        with pytest.raises(VaultMismatch):
            other.mark_in_use("sg", 1)


# --- The address -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "kms://eu-west-1", "kms://eu-west-1/", "kms:///vault", "kms://EU/vault", "kms://eu-west-1/a/b",
        "kms://eu-west-1/Vault", "kms://user:secret@eu-west-1/vault", "kms://eu-west-1/vault?region=x",
        "kms://eu-west-1/vault?endpoint=ftp://127.0.0.1", "kms://eu-west-1/vault?endpoint=https://me:secret@kms.test",
        "s3://eu-west-1/vault",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(VaultUnavailable) as raised:
        _open(url, 60.0, 7)
    assert "secret" not in str(raised.value)


def test_production_speaks_to_kms_over_https_alone(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(VaultUnavailable, match="https"):
        _open(f"kms://{REGION}/vault?endpoint=http://127.0.0.1:5000", 60.1, 7)
    _open(f"kms://{REGION}/vault?endpoint=https://kms.internal.test", 60.1, 7)
    _open(f"kms://{REGION}/vault", 60.1, 7)


def test_nobody_else_imports_boto3() -> None:
    code = (
        "import sys, django; django.setup()\n"
        "from privacy.keys.vault import vault; vault()\n"
        "print([name for name in sys.modules if name.startswith('boto')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
