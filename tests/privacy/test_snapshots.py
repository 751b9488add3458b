"""Key snapshots: an old copy opens what lives and nothing else, and every wrong snapshot is refused by its own name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy import journal, keys
from privacy.journal import guard as journal_guard
from privacy.journal import replay
from privacy.keys import guard, nightly
from privacy.keys.snapshots import restore, sealed, store, take
from privacy.keys.vault import FolderVault, vault
from privacy.retention import enforce
from tests.privacy.conftest import MakeKey, Registered, as_owner
from tests.privacy.test_enforcement import living, readable
from tests.privacy.test_preservation import as_user

TABLES = ("privacy_epoch", "privacy_keytombstone", "privacy_journalmark", "privacy_datakey")


class Copy:
    """The key tables of a database as they are now, to be put back later: what a restored dump would hold."""

    def __init__(self, alias: str, *further: str) -> None:
        self.alias = alias
        with as_owner(alias, "postgres") as connection:
            self.rows = {}
            for table in (*TABLES, *further):
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copied,
                ):
                    self.rows[table] = b"".join(copied)
            self.parts = self._parts(connection)

    def put_back(self) -> None:
        for connection in connections.all(initialized_only=True):
            connection.close()
        with as_owner(self.alias, "postgres") as connection:
            for part in self._parts(connection):
                connection.execute(f"DROP TABLE {part}")
            for part in self.parts:
                connection.execute(
                    f"SELECT paasoo_epoch_partition_create('privacy_datakey', {part.rsplit('_', 1)[1]})"
                )
            for table, rows in self.rows.items():
                if table != "privacy_datakey":
                    connection.execute(f"TRUNCATE {table}")
                with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(rows)
        keys.forget()
        vault().forget()
        journal_guard.forget()

    def _parts(self, connection) -> list[str]:
        return [
            row[0]
            for row in connection.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'privacy_datakey'::regclass"
            ).fetchall()
        ]


def test_an_old_copy_opens_what_lives_and_nothing_that_was_erased(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    due, alive, by_hand = make_key(account, age=31), make_key(account, age=1), make_key(uuid7(), age=2)
    old = Copy(region)
    enforce.enforce(region, clock.today())
    later = make_key(account)
    for _ in range(django_settings.EPOCHS_KEPT + 1):
        nightly.once(region)
    old.put_back()
    with pytest.raises(journal.DatabaseBehind):
        guard.check(region)
    done = restore.restore(region)
    assert (done.from_snapshot, done.kept_own, done.left_behind) == (3, 0, 1)
    with pytest.raises(journal.DatabaseBehind):
        guard.check(region)
    replay.replay(region)
    guard.check(region)
    assert living(region) == {alive.id, by_hand.id, later.id}
    assert not readable(region, due)
    assert all(readable(region, key) for key in (alive, by_hand, later))
    assert nightly.once(region).census == 3


def test_keys_of_the_copys_own_that_are_newer_are_kept(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    """A copy of a moment after the snapshot: what was sealed in between opens."""
    known = make_key(account, age=1)
    take.take(region)
    newer, erased = make_key(account), make_key(account, age=31)
    with as_owner(region) as connection:
        before = connection.execute("SELECT max(number) FROM privacy_journalmark").fetchone()
    copy = Copy(region)
    enforce.enforce(region, clock.today())
    copy.put_back()
    done = restore.restore(region)
    assert (done.from_snapshot, done.kept_own, done.left_behind) == (1, 1, 1)
    assert before is not None
    replay.replay(region)
    guard.check(region)
    assert living(region) == {known.id, newer.id}
    assert readable(region, newer)
    with system_scope("test", using=(region,)), pytest.raises(keys.Erased):
        keys.living(region, None, [erased.id])


def test_a_key_that_died_between_snapshot_and_copy_stays_dead(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    """The copy has the erasure's mark already, so no replay would erase it once more."""
    due, alive = make_key(account, age=31), make_key(account, age=1)
    take.take(region)
    enforce.enforce(region, clock.today())
    copy = Copy(region)
    copy.put_back()
    restore.restore(region)
    replay.replay(region)
    assert living(region) == {alive.id}
    assert not readable(region, due)


def test_a_key_whose_erasure_was_taken_back_is_kept(region: str, account: UUID, make_key: MakeKey) -> None:
    """An erasure that failed leaves its line and the word that nothing happened."""
    take.take(region)
    newer = make_key(account)
    with pytest.raises(ZeroDivisionError), journal.erasing("keys", database=region) as erasure:
        erasure.intend(keys=[[newer.id, 1, clock.today(), clock.today(), 1]])
        raise ZeroDivisionError
    copy = Copy(region)
    copy.put_back()
    assert restore.restore(region).kept_own == 1
    assert readable(region, newer)


def test_repeating_a_restore_does_nothing_twice(region: str, account: UUID, make_key: MakeKey) -> None:
    key = make_key(account)
    take.take(region)
    restore.restore(region)
    restore.restore(region)
    guard.check(region)
    assert living(region) == {key.id}
    assert readable(region, key)


def test_a_snapshot_holds_no_epoch_key_and_is_noise_once_its_epoch_is_gone(
    region: str, account: UUID, make_key: MakeKey, vault_folder: Path
) -> None:
    make_key(account)
    file = take.take(region).path.read_bytes()
    for path in (vault_folder / region).glob("epoch-*.key"):
        assert path.read_bytes()[5:37] not in file
    with as_owner(region) as connection:
        for (wrapped,) in connection.execute("SELECT wrapped FROM privacy_datakey").fetchall():
            assert wrapped not in file
    for _ in range(django_settings.EPOCHS_KEPT + 1):
        nightly.once(region)
    with pytest.raises(sealed.SnapshotStale, match="destroyed"):
        sealed.unseal(file)


def test_only_the_newest_few_are_kept_and_one_follows_each_carry_over(region: str, make_key: MakeKey) -> None:
    make_key(uuid7())
    for _ in range(store.KEPT + 2):
        nightly.once(region)
    folder = store.newest(region).parent
    assert len(list(folder.iterdir())) == store.KEPT
    assert sealed.read_label(store.newest(region).read_bytes()).epoch == store.KEPT + 3
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


# --- What may be wrong -------------------------------------------------------------------------------------------


def _no_file(path: Path) -> None:
    shutil.rmtree(path.parent)


def _flipped(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-5] + bytes([content[-5] ^ 1]) + content[-4:])


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _relabelled(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"tombstones": 0', b'"tombstones": 1', 1))


def _no_snapshot(path: Path) -> None:
    path.write_bytes(b"something else\n" * 10)


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (_no_file, sealed.SnapshotMissing),
        (_flipped, sealed.SnapshotAltered),
        (_cut, sealed.SnapshotAltered),
        (_relabelled, sealed.SnapshotAltered),
        (_no_snapshot, sealed.SnapshotAltered),
    ],
    ids=lambda value: value.__name__,
)
def test_a_damaged_snapshot_changes_nothing(
    region: str, account: UUID, make_key: MakeKey, damage: Callable[[Path], None], error: type[Exception]
) -> None:
    key = make_key(account)
    damage(take.take(region).path)
    with pytest.raises(error):
        restore.restore(region)
    assert living(region) == {key.id}
    guard.check(region)


def test_a_stale_snapshot_is_refused(region: str, account: UUID, make_key: MakeKey, tmp_path: Path) -> None:
    make_key(account)
    old = Copy(region)
    stale = shutil.copy(take.take(region).path, tmp_path / "stale.snapshot")
    nightly.once(region)
    old.put_back()
    with pytest.raises(sealed.SnapshotStale, match="the vault stands at 2"):
        restore.restore(region, Path(stale))
    assert restore.restore(region).epoch == 2


def test_another_databases_or_installations_snapshot_is_refused(
    region: str, account: UUID, make_key: MakeKey, tmp_path: Path
) -> None:
    make_key(account)
    path = take.take(region).path
    file = path.read_bytes()
    path.write_bytes(file.replace(f'"database": "{region}"'.encode(), b'"database": "xx"', 1))
    with pytest.raises(sealed.SnapshotForeign):
        restore.restore(region)
    series = vault().fingerprint(region).encode()
    path.write_bytes(file.replace(series, b"0" * 64, 1))
    with pytest.raises(sealed.SnapshotForeign):
        restore.restore(region)
    told = journal.journal().state().fingerprint.encode()
    path.write_bytes(file.replace(told, b"0" * 64, 1))
    with pytest.raises(sealed.SnapshotForeign, match="journal"):
        restore.restore(region)


def _vault_missing(folder: Path, alias: str) -> None:
    shutil.rmtree(folder / alias)


def _vault_of_another(folder: Path, alias: str) -> None:
    shutil.rmtree(folder / alias)
    FolderVault(folder, cache_seconds=0).create(alias, 1)


@pytest.mark.parametrize("damage", [_vault_missing, _vault_of_another])
def test_beside_a_wrong_vault_nothing_is_restored(
    region: str, account: UUID, make_key: MakeKey, vault_folder: Path, damage: Callable[[Path, str], None]
) -> None:
    key = make_key(account)
    take.take(region)
    damage(vault_folder, region)
    vault().forget()
    with pytest.raises((keys.VaultMismatch, sealed.SnapshotForeign)):
        restore.restore(region)
    assert living(region) == {key.id}


def test_beside_a_journal_that_went_back_nothing_is_restored(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, tmp_path: Path
) -> None:
    make_key(account, age=31)
    [path] = (tmp_path / "journal").glob("journal-*")
    before = path.read_bytes()
    enforce.enforce(region, clock.today())
    take.take(region)
    path.write_bytes(before)
    with pytest.raises(journal.JournalBehind):
        restore.restore(region)


def test_the_command_names_its_database_and_tells_errors_as_they_are(region: str, make_key: MakeKey) -> None:
    make_key(uuid7())
    with pytest.raises(CommandError, match="--database"):
        call_command("keys", "restore")
    with pytest.raises(CommandError, match="SnapshotMissing"):
        call_command("keys", "restore", "--database", region)
    with pytest.raises(CommandError, match="No regional database"):
        call_command("keys", "restore", "--database", "nowhere")
    told = StringIO()
    call_command("keys", "snapshot", "--json", "--database", region, stdout=told)
    [taken] = json.loads(told.getvalue())["snapshots"]
    call_command("keys", "restore", "--json", "--database", region)
    # As the operators' guide has it: the file last.
    call_command("keys", "restore", "--database", region, taken["file"], "--json")


@pytest.mark.parametrize(
    "order",
    [
        ["certificates", "list", "--account", "nobody"],
        ["certificates", "list", "--most", "-1"],
        ["retention", "plan", "--cutoff", "0001-01-01"],
        ["retention", "plan", "--cutoff", "9999-12-31"],
        ["keys", "carry-over", "--epochs", "0"],
        ["keys", "status", "--database", "nowhere"],
    ],
)
def test_what_nobody_can_mean_is_refused_in_words(region: str, order: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command(*order)


@pytest.mark.parametrize("command", ["keys status", "retention plan", "erasures status"])
def test_in_another_role_nothing_is_said_to_be_gone(region: str, command: str) -> None:
    with as_user("paasoo_app"), pytest.raises(CommandError, match="PAASOO_ROLE=worker"):
        call_command(*command.split())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(st.sampled_from(["make", "make_due", "enforce", "carry", "snapshot", "copy"]), max_size=9),
    bound=st.booleans(),
)
def test_whatever_happened_a_copy_comes_back_to_the_present(
    region: str, make_key: MakeKey, registered: Registered, acts: list[str], bound: bool
) -> None:
    """Against the present itself: after restore and replay the copy has the present's keys, but for what came after
    both snapshot and copy."""
    copy, in_copy, in_snapshot = Copy(region), living(region), set()
    take.take(region)
    in_snapshot = living(region)
    for act in [*acts, *["carry"] * (4 * bound)]:
        if act == "make":
            make_key(uuid7(), age=1)
        elif act == "make_due":
            make_key(uuid7(), age=40)
        elif act == "enforce":
            enforce.enforce(region, clock.today())
        elif act == "copy":
            copy, in_copy = Copy(region), living(region)
        else:
            nightly.once(region) if act == "carry" else take.take(region)
            in_snapshot = living(region)
    present = living(region)
    copy.put_back()
    restore.restore(region)
    replay.replay(region)
    guard.check(region)
    back = living(region)
    assert back <= present, "nothing erased is back"
    assert back >= present & (in_snapshot | in_copy), "nothing that lives is lost"
    with clock.travel(by=timedelta()):
        assert all(readable(region, key) for key in _rows(region))


def _rows(alias: str):
    with system_scope("test", using=(alias,)):
        return list(keys.living(alias, None, [k for k in living(alias) if _not_due(alias, k)]).values())


def _not_due(alias: str, key_id: UUID) -> bool:
    with as_owner(alias) as connection:
        row = connection.execute("SELECT max(due_on) FROM privacy_datakey WHERE id = %s", [key_id]).fetchone()
    return row is not None and row[0] > clock.today()
