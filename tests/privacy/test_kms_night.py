"""Whole nights on a vault in AWS KMS: what the certificates promise, and what a wrong, lost or failing KMS does to a
database: it stops everything, and erases nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings as django_settings

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.certificates.models import Certificate
from privacy.keys import carry_over as carrying
from privacy.keys import guard, nightly, status
from privacy.keys.vault import VaultMismatch, VaultUnavailable, vault
from privacy.pages import certificate as page
from privacy.retention import enforce, verify
from tests.privacy.conftest import MakeKey, Registered, as_owner
from tests.privacy.kms import Account, Front
from tests.privacy.kms import alias as kms_alias
from tests.privacy.test_carry_over import in_child

LOUD = (VaultMismatch, VaultUnavailable)


@pytest.fixture
def own_vault(vault_kms: Front) -> None:
    pass


def forgetful() -> None:
    vault().forget()
    keys.forget()


def test_a_key_is_erased_certified_and_then_destroyed_in_kms(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, console: Account
) -> None:
    """From the account's instruction to the day on which nobody, Amazon included, can read it any more."""
    key = make_key(account, age=40, days=30)
    with as_owner(region) as connection:
        [(epoch, wrapped)] = connection.execute("SELECT epoch, wrapped FROM privacy_datakey").fetchall()
    enforce.enforce(region, clock.today())
    for _ in range(django_settings.EPOCHS_KEPT + 1):
        nightly.once(region)

    erased = Certificate.objects.get(kind="retention")
    promised = json.loads(erased.body)["everywhere"]
    assert promised["erasure"] == "irrecoverable"
    assert promised["last_epoch"] == epoch == 1
    assert promised["then_after_days"] == 8
    assert promised["means"] == "unreadable to anyone who holds everything that exists then"

    destroyed = Certificate.objects.get(kind="destruction")
    receipt = json.loads(destroyed.body)["receipt"]
    [going] = [one for one in console.keys().values() if one["KeyState"] == "PendingDeletion"]
    assert receipt["key"] == going["Arn"]
    assert receipt["erasure"] == "irrecoverable"
    assert vault().destroy(region, 1) == receipt

    forgetful()
    with pytest.raises(keys.EpochDestroyed):
        vault().unwrap(region, epoch, bytes(wrapped), b"")
    console.forget_deleted()
    forgetful()
    guard.check(region)
    with pytest.raises(keys.EpochDestroyed):
        vault().unwrap(region, epoch, bytes(wrapped), b"")
    with system_scope("test", using=(region,)), pytest.raises(keys.Erased):
        keys.living(region, None, [key.id])
    assert verify.verify(region).ok
    assert verify.verify_certificates().ok
    assert status.status(region)["erasure"] == "irrecoverable"


def test_a_certificate_is_final_once_kms_has_had_its_time(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=40, days=30)
    enforce.enforce(region, clock.today())
    row = Certificate.objects.get(kind="retention")
    told = page.read(row).everywhere
    assert told is not None and not told.final
    for _ in range(django_settings.EPOCHS_KEPT + 1):
        nightly.once(region)
    waiting = page.read(row).everywhere
    assert waiting is not None and waiting.waits_for_vault and not waiting.final
    assert waiting.since is not None
    assert timedelta(days=7) <= waiting.since - clock.now() <= timedelta(days=9)
    with clock.travel(to=waiting.since - timedelta(seconds=9)):
        assert not page.read(row).everywhere.final  # type: ignore[union-attr]
    with clock.travel(to=waiting.since + timedelta(seconds=9)):
        shown = page.read(row).everywhere
        assert shown is not None
        assert shown.final
    assert shown.receipt is not None
    assert shown.receipt.kind == "destruction"


Damage = Callable[[Front, Account, str], None]


def another_region(front: Front, console: Account, alias: str) -> None:
    django_settings.KEY_VAULT_URL = front.url(region="eu-central-1")


def another_name(front: Front, console: Account, alias: str) -> None:
    django_settings.KEY_VAULT_URL = front.url("mistyped")


def emptied(front: Front, console: Account, alias: str) -> None:
    front.reset()


def rebuilt(front: Front, console: Account, alias: str) -> None:
    front.reset()
    for number in (1, 2, 3):
        vault().create(alias, number)


def key_disabled(front: Front, console: Account, alias: str) -> None:
    console.client.disable_key(KeyId=console.aliases()[kms_alias("epoch-3", alias)])


def key_scheduled_by_hand(front: Front, console: Account, alias: str) -> None:
    console.client.schedule_key_deletion(KeyId=console.aliases()[kms_alias("epoch-3", alias)])


def key_deleted_by_hand(front: Front, console: Account, alias: str) -> None:
    key_scheduled_by_hand(front, console, alias)
    console.forget_deleted()


def anchor_scheduled_by_hand(front: Front, console: Account, alias: str) -> None:
    console.client.schedule_key_deletion(KeyId=console.aliases()[kms_alias("anchor", alias)])


def unreachable(front: Front, console: Account, alias: str) -> None:
    front.misbehave("*", "reset", 999)


@pytest.mark.parametrize(
    "damage",
    [
        another_region, another_name, emptied, rebuilt, key_disabled, key_scheduled_by_hand, key_deleted_by_hand,
        anchor_scheduled_by_hand, unreachable,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_a_wrong_or_lost_kms_is_loud_and_never_reads_as_erased(
    region: str, account: UUID, make_key: MakeKey, kms: Front, console: Account, damage: Damage
) -> None:
    key = make_key(account)
    for _ in range(2):
        carrying.carry_over(region)
    damage(kms, console, region)
    forgetful()
    with system_scope("test", using=(region,)), pytest.raises(LOUD):
        keys.living(region, None, [key.id])
    with system_scope("test", using=(region,)), pytest.raises(LOUD):
        keys.for_sealing(region, uuid7(), 1, clock.today(), clock.today() + timedelta(days=1))
    for work in (
        lambda: carrying.carry_over(region),
        lambda: status.probe(alias=region),
        lambda: enforce.enforce(region, clock.today() + timedelta(days=99)),
    ):
        with pytest.raises(LOUD):
            work()
    with as_owner(region) as connection:
        assert connection.execute("SELECT count(*) FROM privacy_keytombstone").fetchone() == (0,)
        assert connection.execute("SELECT id FROM privacy_datakey").fetchall() == [(key.id,)]
    assert not Certificate.objects.exists()


def test_a_cancelled_deletion_stops_the_database(region: str, make_key: MakeKey, console: Account) -> None:
    make_key(uuid7())
    for _ in range(django_settings.EPOCHS_KEPT + 1):
        carrying.carry_over(region)
    guard.check(region)
    key = console.aliases()[kms_alias("epoch-1", region)]
    console.client.cancel_key_deletion(KeyId=key)
    forgetful()
    with pytest.raises(VaultMismatch, match="gone back before"):
        guard.check(region)
    with pytest.raises(VaultMismatch):
        status.probe(alias=region)
    console.client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    guard.check(region)
    assert carrying.carry_over(region).destroyed == [2]


@pytest.mark.parametrize(("how", "first"), [("lost", 0), ("broken", 2)])
def test_a_night_that_kms_interrupts_at_any_call_is_finished_by_the_next(
    region: str, make_key: MakeKey, kms: Front, console: Account, how: str, first: int
) -> None:
    """Night after night another call fails for good, and the night is repeated."""
    made = {make_key(uuid7(), age=age).id for age in range(3)}
    interrupted = 0
    for after in range(first, 60, 5):
        target = guard.check(region)[-1].number + 1
        kms.misbehave("*", how, 3, after=after)
        forgetful()
        try:
            carrying.carry_over(region, target)
        except LOUD:
            interrupted += 1
        kms.behave()
        forgetful()
        assert carrying.carry_over(region, target).epoch == target
        kept = range(max(1, target - django_settings.EPOCHS_KEPT), target + 1)
        assert vault().epochs(region) == list(kept)
        assert sorted(vault().receipts(region)) == list(range(1, kept[0]))
        console.forget_deleted()
    assert interrupted > 6
    with system_scope("test", using=(region,)):
        assert set(keys.living(region, None, list(made))) == made
    with clock.travel(by=timedelta(hours=2)):
        carrying.carry_over(region)
    states = console.states()
    assert states["Enabled"] == 1 + len(vault().epochs(region)), "anchor and epochs, nothing half made"


def test_a_process_that_remembers_sees_what_another_one_has_opened(region: str, make_key: MakeKey) -> None:
    """The web's memory is older than the worker's night: no alarm, and new keys go into the new epoch."""
    make_key(uuid7())
    assert vault().epochs(region) == [1]
    done = in_child(region)
    assert done.returncode == 0, done.stderr
    make_key(uuid7())
    with as_owner(region) as connection:
        assert connection.execute("SELECT DISTINCT epoch FROM privacy_datakey").fetchall() == [(2,)]
