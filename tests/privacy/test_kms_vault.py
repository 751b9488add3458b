"""The vault in AWS KMS, where KMS and its network fail: nothing is destroyed twice or lost, nothing stays half made,
and neither a wrong account nor a lost key ever reads as "erased".
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from paasoo_portal.core import clock
from privacy.keys.vault import (
    EpochDestroyed,
    EpochExists,
    Vault,
    VaultMismatch,
    VaultUnavailable,
    _open,
)
from privacy.keys.vault.kms import ledger
from privacy.keys.vault.kms.ledger import FULL_RECEIPTS
from tests.privacy.kms import CREDENTIALS, MOST_TAGS, REGION, Account, Front

Opened = Callable[..., Vault]
ANCHOR = "alias/paasoo/vault/sg/anchor"


@pytest.fixture
def vault(opened_kms: Opened) -> Vault:
    return opened_kms()


@pytest.fixture
def account(kms: Front) -> Account:
    return Account(kms)


def alias(epoch: int) -> str:
    return f"alias/paasoo/vault/sg/epoch-{epoch}"


# --- What stands in KMS --------------------------------------------------------------------------------------


def test_each_epoch_is_a_key_of_its_own_that_says_what_it_is(vault: Vault, account: Account) -> None:
    vault.create("sg", 1)
    vault.create("sg", 2)
    aliases = account.aliases()
    assert set(aliases) == {ANCHOR, alias(1), alias(2)}
    assert len(set(aliases.values())) == 3
    assert account.tags(alias(2)) == {
        "paasoo:vault": "vault", "paasoo:key": "epoch", "paasoo:database": "sg", "paasoo:epoch": "2",
    }  # fmt: skip
    for key in account.keys().values():
        assert (key["KeySpec"], key["KeyUsage"], key["Origin"]) == (
            "HMAC_256",
            "GENERATE_VERIFY_MAC",
            "AWS_KMS",
        )


def test_the_receipt_tells_which_key_goes_when(vault: Vault, account: Account) -> None:
    vault.create("sg", 1)
    arn = account.keys()[account.aliases()[alias(1)]]["Arn"]
    receipt = vault.destroy("sg", 1)
    going = account.keys()[account.aliases()[alias(1)]]
    assert going["KeyState"] == "PendingDeletion"
    assert receipt["key"] == arn
    assert receipt["erasure"] == "irrecoverable"
    assert str(receipt["method"]).endswith("7 days")
    # KMS may take up to a day longer than it was told.
    assert (
        date.fromisoformat(str(receipt["deletes_on"])) == (going["DeletionDate"] + timedelta(days=1)).date()
    )
    assert vault.destruction_delay == timedelta(days=8)


def test_the_waiting_period_is_a_setting_within_kms_own_bounds(kms: Front, account: Account) -> None:
    vault = _open(kms.url(), 60.0, 30)
    vault.create("sg", 1)
    assert str(vault.destroy("sg", 1)["method"]).endswith("30 days")
    assert vault.destruction_delay.days == 31
    [going] = [key for key in account.keys().values() if key["KeyState"] == "PendingDeletion"]
    assert going["DeletionDate"] > clock.now() + timedelta(days=29)
    for days in (6, 31):
        with pytest.raises(VaultUnavailable, match="KMS_WAITING_DAYS"):
            _open(kms.url(), 60.0, days)


def test_receipts_outlive_the_keys_that_kms_has_forgotten(
    vault: Vault, opened_kms: Opened, account: Account
) -> None:
    vault.create("sg", 1)
    vault.create("sg", 2)
    receipt = vault.destroy("sg", 1)
    assert len(account.forget_deleted()) == 1
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
    vault: Vault, opened_kms: Opened, account: Account
) -> None:
    vault.create("sg", 1)
    vault.mark_in_use("sg", 1)
    account.client.schedule_key_deletion(KeyId=account.aliases()[alias(1)])
    account.forget_deleted()
    assert opened_kms().head("sg") == 1
    with pytest.raises(EpochExists):
        opened_kms().create("sg", 1)


def test_old_receipts_are_folded_into_one_mark(
    vault: Vault, opened_kms: Opened, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "FULL_RECEIPTS", 4)
    receipts = {}
    vault.create("sg", 1)
    for epoch in range(1, 8):
        vault.create("sg", epoch + 1)
        vault.mark_in_use("sg", epoch + 1)
        receipts[epoch] = vault.destroy("sg", epoch)
        account.forget_deleted()
    assert len(account.tags(ANCHOR)) == 3 + 4 + 2, "what it is; receipts; the two marks"
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


def test_a_damaged_ledger_is_loud(vault: Vault, opened_kms: Opened, account: Account) -> None:
    vault.create("sg", 1)
    tag = {"TagKey": "paasoo:destroyed:1", "TagValue": "yes"}
    account.client.tag_resource(KeyId=account.aliases()[ANCHOR], Tags=[tag])
    for name in ("epochs", "receipts", "in_use", "fingerprint"):
        with pytest.raises(VaultUnavailable, match="damaged"):
            getattr(opened_kms(), name)("sg")


def test_everything_is_found_over_many_pages(
    kms: Front, vault: Vault, opened_kms: Opened, account: Account
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


# --- Makers that die, and makers that meet ---------------------------------------------------------------------


def test_of_two_processes_that_make_the_same_epoch_one_wins(
    kms: Front, vault: Vault, opened_kms: Opened, account: Account
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
    assert account.states()["Enabled"] == 3, "the losers' keys are on their way out"


CREATION = [
    "ListAliases",
    "ListResourceTags",
    "GenerateMac",
    "DescribeKey",
    "ListKeys",
    "CreateKey",
    "CreateAlias",
]
ONCE, FOR_GOOD = 1, 3  # of the three tries that the vault makes of a call


@pytest.mark.parametrize("how", ["broken", "lost", "reset", "throttled"])
@pytest.mark.parametrize("operation", CREATION)
def test_a_creation_that_fails_anywhere_is_made_good_by_repeating(
    kms: Front, vault: Vault, opened_kms: Opened, account: Account, operation: str, how: str
) -> None:
    vault.create("sg", 1)
    kms.misbehave(operation, how, FOR_GOOD)
    with pytest.raises(VaultUnavailable, match=r"^kms [a-z_]+: \w+$"):
        vault.create("sg", 2)
    kms.behave()
    later = opened_kms()
    if later.head("sg") < 2:  # what the carry-over asks before it repeats
        later.create("sg", 2)
    assert later.unwrap("sg", 2, later.wrap("sg", 2, b"k", b""), b"") == b"k"
    later.create("sg", 3)
    assert later.epochs("sg") == [1, 2, 3]
    assert account.states()["Enabled"] == 4, (
        "anchor and epochs; leftovers were found and are on their way out"
    )


@pytest.mark.parametrize("how", ["lost", "reset", "broken"])
@pytest.mark.parametrize("operation", ["CreateKey", "CreateAlias"])
def test_an_answer_lost_once_is_no_failure(
    kms: Front, vault: Vault, account: Account, operation: str, how: str
) -> None:
    kms.misbehave(operation, how, ONCE)
    vault.create("sg", 1)
    vault.create("sg", 2)
    assert vault.epochs("sg") == [1, 2]
    assert account.states()["Enabled"] == 3


def test_an_anchor_made_in_vain_is_found(kms: Front, vault: Vault, account: Account) -> None:
    kms.misbehave("CreateAlias", "broken", FOR_GOOD)
    with pytest.raises(VaultUnavailable):
        vault.create("sg", 1)
    assert (vault.fingerprint("sg"), vault.epochs("sg"), vault.head("sg")) == ("", [], 0)
    vault.create("sg", 1)
    assert account.states() == {"Enabled": 2, "PendingDeletion": 1}


def test_keys_made_in_vain_do_not_pile_up(kms: Front, vault: Vault, account: Account) -> None:
    """A permission is missing for a day: what each try leaves behind goes an hour later, not what is in the making."""
    vault.create("sg", 1)
    for _ in range(3):
        kms.misbehave("CreateAlias", "broken", FOR_GOOD)
        with pytest.raises(VaultUnavailable):
            vault.create("sg", 2)
    assert account.states() == {"Enabled": 5}
    kms.misbehave("CreateAlias", "broken", FOR_GOOD)
    with clock.travel(by=timedelta(hours=2)), pytest.raises(VaultUnavailable):
        vault.create("sg", 2)
    assert account.states() == {"Enabled": 3, "PendingDeletion": 3}


def test_the_search_for_leftovers_touches_nothing_else(
    vault: Vault, opened_kms: Opened, account: Account
) -> None:
    """Neither other applications' keys, nor another vault's, nor a key of ours that has lost its alias."""
    vault.create("sg", 1)
    vault.create("sg", 2)
    other = opened_kms(name="other")
    other.create("sg", 1)
    other.create("sg", 2)
    account.client.create_key(Description="somebody else's")
    account.client.delete_alias(AliasName="alias/paasoo/other/sg/epoch-1")
    account.client.delete_alias(AliasName="alias/paasoo/other/sg/anchor")
    account.client.delete_alias(AliasName=alias(1))
    vault.create("sg", 3)
    assert account.states() == {"Enabled": 8}
    with pytest.raises(VaultMismatch):
        opened_kms(name="other").create("sg", 3)


def test_a_new_series_takes_no_key_of_a_former_one(
    vault: Vault, opened_kms: Opened, account: Account
) -> None:
    """The anchor is lost and somebody points its alias at another key: its epochs are not believed."""
    vault.create("sg", 1)
    vault.create("ie", 1)
    anchors = account.aliases()
    account.client.update_alias(AliasName=ANCHOR, TargetKeyId=anchors["alias/paasoo/vault/ie/anchor"])
    with pytest.raises(VaultMismatch):
        opened_kms().epochs("sg")


def test_an_alias_that_was_pointed_elsewhere_is_noticed(
    vault: Vault, opened_kms: Opened, account: Account
) -> None:
    vault.create("sg", 1)
    vault.create("sg", 2)
    account.client.update_alias(AliasName=alias(1), TargetKeyId=account.aliases()[alias(2)])
    later = opened_kms()
    for call in (lambda: later.wrap("sg", 1, b"k", b""), lambda: later.destroy("sg", 1)):
        with pytest.raises(VaultMismatch, match="leads to another"):
            call()
    assert account.states() == {"Enabled": 3}


def test_epochs_follow_one_another(vault: Vault) -> None:
    vault.create("sg", 1)
    with pytest.raises(VaultMismatch, match="does not follow"):
        vault.create("sg", 3)


# --- Destruction -----------------------------------------------------------------------------------------------

DESTRUCTION = [
    "ListAliases", "ListResourceTags", "DescribeKey", "TagResource", "ScheduleKeyDeletion", "UntagResource",
]  # fmt: skip


@pytest.mark.parametrize("how", ["broken", "lost", "reset"])
@pytest.mark.parametrize(
    ("operation", "after"), [*((name, 0) for name in DESTRUCTION), ("TagResource", 1), ("DescribeKey", 2)]
)
def test_a_destruction_that_stops_anywhere_is_finished_once(
    kms: Front, vault: Vault, opened_kms: Opened, account: Account, operation: str, after: int, how: str
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
    assert account.states() == {"Enabled": 2, "PendingDeletion": 1}
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
    kms: Front, vault: Vault, opened_kms: Opened, account: Account
) -> None:
    vault.create("sg", 1)
    kms.misbehave("DescribeKey", "broken", FOR_GOOD, after=1)
    with pytest.raises(VaultUnavailable):
        vault.destroy("sg", 1)
    kms.behave()
    assert len(account.forget_deleted()) == 1
    receipt = opened_kms().destroy("sg", 1)
    assert receipt["destroyed_at"]
    assert opened_kms().destroy("sg", 1) == receipt


def test_a_lost_key_is_a_mismatch_and_never_erased(
    vault: Vault, opened_kms: Opened, account: Account
) -> None:
    for epoch in (1, 2, 3):
        vault.create("sg", epoch)
    ids = account.aliases()
    account.client.schedule_key_deletion(KeyId=ids[alias(1)], PendingWindowInDays=7)
    account.client.disable_key(KeyId=ids[alias(2)])
    for _ in ("waiting", "gone"):
        later = opened_kms()
        assert later.epochs("sg") == [3]
        assert later.receipts("sg") == {}
        for epoch in (1, 2):
            with pytest.raises(VaultMismatch):
                later.wrap("sg", epoch, b"k", b"")
        with pytest.raises(VaultMismatch):
            later.destroy("sg", 1)
        account.forget_deleted()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("hidden", [True, False])
def test_a_cancelled_deletion_is_loud(
    vault: Vault, opened_kms: Opened, account: Account, enabled: bool, hidden: bool
) -> None:
    """Also while the key is still disabled, and when its alias was taken away."""
    vault.create("sg", 1)
    vault.create("sg", 2)
    wrapped = vault.wrap("sg", 1, b"k", b"")
    receipt = vault.destroy("sg", 1)
    key = account.aliases()[alias(1)]
    account.client.cancel_key_deletion(KeyId=key)
    if enabled:
        account.client.enable_key(KeyId=key)
    if hidden:
        account.client.delete_alias(AliasName=alias(1))
    later = opened_kms()
    assert later.epochs("sg") == [1, 2], (
        "what the guard holds against the database's record of its destruction"
    )
    with pytest.raises(VaultMismatch, match="cancelled"):
        later.destroy("sg", 1)
    with pytest.raises(EpochDestroyed):
        later.unwrap("sg", 1, wrapped, b"")
    account.client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)  # what the operator is told to do
    assert opened_kms().epochs("sg") == [2]
    assert opened_kms().destroy("sg", 1) == receipt


# --- A KMS that does not answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["broken", "throttled", "reset", "garbage", "silent"])
def test_a_kms_that_fails_is_unavailable_and_says_no_secret(kms: Front, opened_kms: Opened, how: str) -> None:
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
