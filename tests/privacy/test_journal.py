"""The erasure journal: every erasure is in it before it is committed, and whatever happens to it is loud."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from privacy import journal, keys
from privacy.journal import guard, marks, opened, replay, settle
from privacy.journal.entries import Entry, decode, encode
from privacy.journal.folder import FolderJournal
from privacy.keys import burial, epochs, locks, nightly, status
from privacy.keys import guard as keys_guard
from privacy.keys.models import DataClass
from privacy.retention import enforce, instructions
from tests.privacy.conftest import MakeKey, Registered, as_owner
from tests.privacy.test_carry_over import in_child


@pytest.fixture
def folder(tmp_path: Path) -> FolderJournal:
    held = FolderJournal(tmp_path / "journal")
    held.create()
    return held


def lines(folder: FolderJournal) -> list[bytes]:
    return [line for path in sorted(folder.root.glob("journal-*")) for line in path.read_bytes().splitlines()]


# --- The file ----------------------------------------------------------------------------------------------------


@given(
    facts=st.dictionaries(
        st.text(max_size=8), st.one_of(st.integers(), st.text(max_size=20), st.uuids(), st.dates())
    ),
    number=st.integers(1, 10**12),
)
def test_a_line_says_what_was_written_or_nothing(facts: dict[str, object], number: int) -> None:
    at = datetime.fromisoformat("2026-11-25T12:00:00+00:00")
    line, digest = encode(Entry(number, at, "keys", "intent", "sg", "0" * 64, 0, facts))
    told = decode(line)
    assert told is not None
    assert (told.number, told.at, told.digest) == (number, at, digest)
    for place in range(0, len(line), 7):
        assert decode(line[:place]) is None
        assert decode(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]) is None


def test_lines_follow_one_another_over_months_and_a_start_reads_two(
    folder: FolderJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.travel(to=datetime.fromisoformat("2027-01-20T00:00:00+00:00")):
        begun = folder.append("epoch", "intent", "sg", {"number": 5, "series": "ab"})
        folder.append("epoch", "done", "sg", of=begun.number)
    for month in (2, 3, 4):
        with clock.travel(to=datetime.fromisoformat(f"2027-{month:02}-20T00:00:00+00:00")):
            folder.append("pulse", "intent", "ie", {"n": month})
    assert len(list(folder.root.glob("journal-*"))) == 5
    read: list[str] = []
    real = FolderJournal._read
    monkeypatch.setattr(
        FolderJournal, "_read", lambda self, month: (read.append(month), real(self, month))[1]
    )
    again = FolderJournal(folder.root)
    known = again.state().of("sg")
    assert read == ["2027-03", "2027-04"]
    assert (known.last, known.epoch, known.series) == (begun.number, 5, "ab")
    assert [entry.number for entry in again.entries()] == sorted(entry.number for entry in again.entries())


def test_months_beyond_the_oldest_back_up_go_and_the_chain_goes_on(folder: FolderJournal) -> None:
    for month in (1, 2, 3):
        with clock.travel(to=datetime.fromisoformat(f"2027-{month:02}-20T00:00:00+00:00")):
            folder.append("pulse", "intent", "ie", {"n": month})
    assert folder.prune(date(2027, 2, 15)) == 2
    again = FolderJournal(folder.root)
    assert [entry.facts["n"] for entry in again.entries()] == [2, 3]
    assert again.first() > 1
    assert again.prune(date(2030, 1, 1)) == 1, "the newest month stays"
    again.append("pulse", "intent", "ie", {"n": 4})


def test_a_torn_line_of_a_crash_is_passed_over(folder: FolderJournal) -> None:
    folder.append("pulse", "intent", "ie", {"n": 1})
    [path] = folder.root.glob("journal-*")
    whole = path.read_bytes()
    for cut in (1, 10, 40):
        torn = FolderJournal(folder.root)
        path.write_bytes(whole + lines(folder)[-1][:cut])
        assert torn.state().head == 2
        torn.append("pulse", "intent", "ie", {"n": 2})
        assert [entry.facts["n"] for entry in FolderJournal(folder.root).entries()] == [1, 2]
        path.write_bytes(whole)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_altered_line_is_found_by_its_successor(folder: FolderJournal, place: int) -> None:
    for number in range(4):
        folder.append("pulse", "intent", "ie", {"n": number})
    [path] = folder.root.glob("journal-*")
    told = path.read_bytes().splitlines()
    told[place] = told[place].replace(b'"n":', b'"n": ')
    path.write_bytes(b"\n".join(told) + b"\n")
    with pytest.raises(journal.JournalDamaged):
        FolderJournal(folder.root).state()
    path.write_bytes(b"")
    with pytest.raises(journal.JournalDamaged):
        FolderJournal(folder.root).state()


def _write(root: Path, count: int) -> None:
    held = FolderJournal(root)
    for number in range(count):
        held.append("pulse", "intent", "ie", {"n": number})


def test_many_processes_write_one_chain(folder: FolderJournal) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(folder.root, 25)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert [entry.number for entry in folder.entries()] == list(range(2, 102))
    assert folder.state().head == 101


# --- Erasures ----------------------------------------------------------------------------------------------------


def told(alias: str) -> list[tuple[str, str]]:
    return [(one.kind, one.phase) for one in journal.journal().entries() if one.database == alias]


def test_keys_that_die_stand_in_the_journal_with_their_certificate(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    made = [make_key(account, age=age) for age in (31, 40)]
    enforce.enforce(region, clock.today())
    [entry] = [one for one in journal.journal().entries() if one.kind == "keys" and one.phase == "intent"]
    assert {one[0] for one in entry.facts["keys"]} == {str(key.id) for key in made}
    assert entry.facts["account"] == str(account)
    assert told(region)[-2:] == [("keys", "intent"), ("keys", "done")]
    [issued] = [
        one for one in journal.journal().entries() if one.kind == "certificate" and one.phase == "intent"
    ]
    assert issued.facts["certificate"] == entry.facts["certificate"]
    assert entry.number in marks.since(region, 0)
    assert issued.number in marks.since("default", 0)


def test_the_journal_grows_with_keys_and_not_with_messages(
    region: str, make_key: MakeKey, registered: Registered
) -> None:
    sizes = []
    for messages in (1, 1_000_000):
        registered.messages = messages
        make_key(uuid7(), age=31)
        before = sum(map(len, lines(journal.journal())))  # type: ignore[arg-type]
        enforce.enforce(region, clock.today())
        sizes.append(sum(map(len, lines(journal.journal()))) - before)  # type: ignore[arg-type]
    assert abs(sizes[1] - sizes[0]) < 16, sizes


def test_an_erasure_that_failed_is_void_and_leaves_no_mark(region: str) -> None:
    with pytest.raises(RuntimeError), journal.erasing("messages", database=region) as erasure:
        erasure.intend(account=uuid7(), ids=[uuid7()])
        raise RuntimeError
    assert told(region)[-2:] == [("messages", "intent"), ("messages", "void")]
    journal.check(region)
    assert replay.outstanding(region) == []


def test_what_erases_nothing_writes_nothing(region: str) -> None:
    before = told(region)
    with journal.erasing("messages", database=region):
        pass
    assert told(region) == before


def test_inside_a_transaction_that_is_rolled_back_it_is_not_done(region: str) -> None:
    with pytest.raises(RuntimeError), transaction.atomic(using=region):
        with journal.erasing("messages", database=region, account=uuid7(), ids=[]):
            pass
        raise RuntimeError
    assert told(region)[-1] == ("messages", "intent")
    journal.check(region)


@pytest.mark.parametrize(("point", "happened"), [("journal.intended", False), ("journal.committed", True)])
def test_killed_around_the_commit_it_is_settled_by_the_mark(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, point: str, happened: bool
) -> None:
    key = make_key(account, age=3)
    job = f"""
from uuid import UUID
from privacy.keys import burial
burial.bury({region!r}, UUID({str(account)!r}), [UUID({str(key.id)!r})], reason="test")
"""
    died = in_child(region, f"{point}:1", job)
    assert died.returncode == 137, died.stderr
    assert told(region)[-1] == ("keys", "intent")
    journal.check(region)
    assert (settle.settle(region) == 1) is happened, "without a mark it may be on its way still"
    with clock.travel(by=timedelta(hours=1)):
        assert settle.settle(region) == (0 if happened else 1), "what was asked for is carried out"
    assert told(region)[-1] == ("keys", "done")
    with as_owner(region) as connection:
        assert connection.execute("SELECT key_id FROM privacy_keytombstone").fetchall() == [(key.id,)]
        assert connection.execute("SELECT id FROM privacy_datakey").fetchall() == []
    assert settle.settle(region) == 0


def test_without_a_journal_nothing_is_erased(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, tmp_path: Path
) -> None:
    key = make_key(account, age=31)
    (tmp_path / "journal").rename(tmp_path / "elsewhere")
    with pytest.raises(journal.JournalMissing), locks.maintenance(region):
        burial.bury(region, account, [key.id], reason="test")
    with pytest.raises(journal.JournalMissing):
        enforce.enforce(region, clock.today())
    with as_owner(region) as connection:
        assert connection.execute("SELECT id FROM privacy_datakey").fetchall() == [(key.id,)]


# --- What may happen to journal and database ------------------------------------------------------------------------

Damage = Callable[[Path], None]


def missing(root: Path) -> None:
    for path in root.iterdir():
        path.unlink()


def foreign(root: Path) -> None:
    missing(root)
    FolderJournal(root).create()


def truncated(root: Path) -> None:
    [path] = root.glob("journal-*")
    told = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(told[:-3]))


def rolled_back_and_gone_on(root: Path) -> None:
    truncated(root)
    held = FolderJournal(root)
    for _ in range(5):
        held.append("messages", "intent", "sg", {"account": str(uuid7()), "ids": []})


def altered(root: Path) -> None:
    [path] = root.glob("journal-*")
    path.write_bytes(path.read_bytes().replace(b'"reason":"retention"', b'"reason":"retentiom"', 1))


def emptied(root: Path) -> None:
    [path] = root.glob("journal-*")
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (missing, journal.JournalMissing),
        (foreign, journal.JournalForeign),
        (truncated, journal.JournalBehind),
        (rolled_back_and_gone_on, journal.JournalBehind),
        (altered, journal.JournalDamaged),
        (emptied, journal.JournalDamaged),
    ],
    ids=lambda value: value.__name__,
)
def test_a_wrong_journal_is_loud_by_its_own_name_and_never_reads_as_erased(
    region: str,
    account: UUID,
    make_key: MakeKey,
    registered: Registered,
    tmp_path: Path,
    damage: Damage,
    error: type[Exception],
) -> None:
    make_key(account, age=31)
    enforce.enforce(region, clock.today())
    alive = make_key(account, age=1)
    nightly.once(region)
    damage(tmp_path / "journal")
    guard.forget()
    if error is journal.JournalDamaged:
        opened._open.cache_clear()  # a running process reads on from where it was; a new one reads all
    for wrong in (
        lambda: keys_guard.check(region),
        lambda: status.probe(alias=region),
        lambda: enforce.enforce(region, clock.today()),
        lambda: nightly.once(region),
        lambda: make_key(uuid7()),
    ):
        with pytest.raises(error):
            wrong()
    keys.forget()
    with as_owner(region) as connection:
        assert connection.execute("SELECT id FROM privacy_datakey").fetchall() == [(alive.id,)]


def test_a_running_process_notices_too(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, tmp_path: Path
) -> None:
    make_key(account, age=31)
    enforce.enforce(region, clock.today())
    journal.check(region)
    journal.check("default")
    truncated(tmp_path / "journal")
    with pytest.raises(journal.JournalBehind):
        journal.check("default")


def forget_since(alias: str, number: int) -> None:
    """As a copy taken before that erasure."""
    with as_owner(alias) as connection:
        connection.execute("DELETE FROM privacy_journalmark WHERE number >= %s", [number])


def test_an_old_copy_is_told_what_it_is_and_what_to_run(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    head = journal.journal().state().head
    enforce.enforce(region, clock.today())
    for alias in (region, "default"):
        forget_since(alias, head + 1)
        with pytest.raises(journal.DatabaseBehind, match=r"old copy.*erasures replay"):
            journal.check(alias)
    with as_owner(region) as connection:
        connection.execute("TRUNCATE privacy_journalmark")
    with pytest.raises(journal.DatabaseBehind, match="no mark"):
        journal.check(region)
    with pytest.raises(journal.DatabaseBehind):
        epochs.bootstrap(region)


def test_a_whole_machine_that_went_back_is_caught_by_the_journal_elsewhere(
    region: str, tmp_path: Path
) -> None:
    """Vault and database agree with one another: both are of yesterday."""
    nightly.once(region)
    with as_owner(region) as connection:
        connection.execute("DELETE FROM privacy_epoch WHERE number = 2")
        connection.execute("UPDATE privacy_epoch SET state = 'open'")
        connection.execute("DROP TABLE privacy_datakey_epoch_2")
    folder = tmp_path / "vault" / region
    (folder / "epoch-2.key").unlink()
    (folder / "in-use").write_bytes(b"1\n")
    with pytest.raises(keys.VaultMismatch, match=r"journal has seen epoch 2.*rolled back"):
        keys_guard.check(region)


def test_no_line_holds_more_than_ids_dates_and_numbers(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    enforce.enforce(region, clock.today())
    instructions.instruct(account_id=account, data_class=DataClass.CONTENT, days=20, person_id=uuid7())
    allowed = {
        "account",
        "cancelled",
        "instruction",
        "reason",
        "run",
        "certificate",
        "keys",
        "number",
        "series",
        "digest",
        "journal",
        "heads",
    }
    for line in lines(journal.journal()):  # type: ignore[arg-type]
        assert set(json.loads(line).get("facts", {})) <= allowed
    assert connections[region].settings_dict["NAME"]
