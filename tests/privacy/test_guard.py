"""Vault and database must tell one story: any other pairing is refused, and none reads as "erased"."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings as django_settings

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.journal import DatabaseBehind
from privacy.keys import carry_over as carrying
from privacy.keys import epochs, guard, status
from privacy.keys.vault import FolderVault, VaultMismatch, VaultUnavailable, vault
from privacy.retention import enforce
from tests.privacy.conftest import MakeKey, as_owner
from tests.privacy.test_carry_over import in_child

Damage = Callable[[Path, str, Path], None]


def emptied(folder: Path, alias: str, old: Path) -> None:
    shutil.rmtree(folder / alias)
    (folder / alias).mkdir()


def another(folder: Path, alias: str, old: Path) -> None:
    shutil.rmtree(folder / alias)
    other = FolderVault(folder, cache_seconds=0)
    for number in range(1, 4):
        other.create(alias, number)


def of_another_region(folder: Path, alias: str, old: Path) -> None:
    other = FolderVault(folder, cache_seconds=0)
    for number in range(1, 4):
        other.create("xx", number)
    shutil.rmtree(folder / alias)
    shutil.move(folder / "xx", folder / alias)


def rolled_back(folder: Path, alias: str, old: Path) -> None:
    shutil.rmtree(folder / alias)
    shutil.copytree(old / alias, folder / alias)


def key_lost(folder: Path, alias: str, old: Path) -> None:
    sorted((folder / alias).glob("epoch-*.key"))[-1].unlink()


def key_truncated(folder: Path, alias: str, old: Path) -> None:
    newest = sorted((folder / alias).glob("epoch-*.key"))[-1]
    newest.write_bytes(newest.read_bytes()[:20])


@pytest.mark.parametrize(
    "damage",
    [emptied, another, of_another_region, rolled_back, key_lost, key_truncated],
    ids=lambda f: f.__name__,
)
def test_a_wrong_vault_is_loud_and_never_reads_as_erased(
    region: str, account: UUID, make_key: MakeKey, vault_folder: Path, tmp_path: Path, damage: Damage
) -> None:
    key = make_key(account)
    old = tmp_path / "old"
    shutil.copytree(vault_folder, old)
    for _ in range(2):
        carrying.carry_over(region)
    damage(vault_folder, region, old)
    vault().forget()
    keys.forget()
    loud = (VaultMismatch, VaultUnavailable)
    with system_scope("test", using=(region,)), pytest.raises(loud):
        keys.living(region, None, [key.id])
    with system_scope("test", using=(region,)), pytest.raises(loud):
        keys.for_sealing(region, uuid7(), 1, clock.today(), clock.today() + timedelta(days=1))
    with pytest.raises(loud):
        carrying.carry_over(region)
    if damage is not key_truncated:
        with pytest.raises(loud):
            status.probe(alias=region)
        with pytest.raises(loud):
            enforce.enforce(region, clock.today() + timedelta(days=99))


def test_a_vault_from_before_a_destruction_is_refused(
    region: str, vault_folder: Path, tmp_path: Path
) -> None:
    """It would bring a destroyed epoch key back."""
    for _ in range(django_settings.EPOCHS_KEPT):
        carrying.carry_over(region)
    old = tmp_path / "old"
    shutil.copytree(vault_folder, old)
    carrying.carry_over(region)
    newest = max(vault().epochs(region))
    shutil.copy(vault_folder / region / f"epoch-{newest}.key", old / region)
    rolled_back(vault_folder, region, old)
    with pytest.raises(VaultMismatch, match="gone back"):
        guard.check(region)


def test_an_older_database_beside_the_present_vault_is_refused(region: str, make_key: MakeKey) -> None:
    make_key(uuid7())
    carrying.carry_over(region)
    with as_owner(region) as connection:  # what a restored dump of yesterday would hold
        connection.execute("DELETE FROM privacy_epoch WHERE number = 2")
        connection.execute("UPDATE privacy_epoch SET state = 'open'")
    with pytest.raises(DatabaseBehind, match="old copy"):
        guard.check(region)


def test_an_empty_database_beside_a_used_vault_is_refused(region: str) -> None:
    carrying.carry_over(region)
    with as_owner(region) as connection:
        connection.execute("TRUNCATE privacy_epoch")
    with pytest.raises(VaultMismatch):
        epochs.bootstrap(region)
    with pytest.raises(VaultMismatch, match="setup_database"):
        guard.check(region)


def test_a_bootstrap_that_crashed_is_taken_over(region: str, vault_folder: Path) -> None:
    with as_owner(region) as connection:
        connection.execute("TRUNCATE privacy_epoch")
        connection.execute("DROP TABLE privacy_datakey_epoch_1")
    shutil.rmtree(vault_folder / region)
    job = f"from privacy.keys import epochs; epochs.bootstrap({region!r})"
    assert in_child(region, "epochs.bootstrap:1", job).returncode == 137
    assert vault().epochs(region) == [1]
    assert guard.epochs_of(region) == []
    assert epochs.bootstrap(region) == 1
    assert epochs.bootstrap(region) == 1
    guard.check(region)


def test_status_and_probe_speak_of_counts_alone(region: str, make_key: MakeKey) -> None:
    make_key(uuid7())
    status.probe(alias=region)
    found = status.status(region)
    assert found["epoch"] == 1
    assert found["living"][0]["keys"] == 1
    assert found["carry_overs_until_destruction"] == django_settings.EPOCHS_KEPT + 1
