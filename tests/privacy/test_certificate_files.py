"""A certificate as a file: whoever holds it, the key and the head can tell a genuine one from any other, alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from paasoo_portal.core import clock
from privacy.certificates import canonical, envelope, merkle, published, strict, tree
from privacy.certificates.check import State, Verdict, check
from privacy.certificates.envelope import Envelope, Published
from privacy.certificates.models import Certificate, CertificateBlock
from privacy.certificates.strict import Unreadable
from privacy.certificates.verify import verify_chain
from privacy.keys import nightly, signing
from privacy.retention import enforce
from tests.privacy.conftest import MakeKey, as_owner

Chain = list[Certificate]
Edit = Callable[[dict[str, Any]], Any]


def states(found: Verdict) -> dict[str, str]:
    return {one.name: str(one.state) for one in found.checks}


def edited(file: Envelope, edit: Edit) -> Envelope:
    """The file after somebody has changed it; must still be one in form."""
    value = json.loads(file.write())
    edit(value)
    return envelope.read(json.dumps(value).encode())


def test_a_file_says_everything_that_is_needed(chain: Chain) -> None:
    head = published.published()
    for row in chain:
        file = envelope.read(published.envelope(row).write())
        assert file.certificate.body == row.body
        found = check(file, key=signing.public_key(), published=head)
        assert found.genuine
        assert found.number == row.number
        assert states(found) == {
            "form": "passed",
            "digest": "passed",
            "signature": "passed",
            "head": "passed",
            "place": "passed",
            "published": "passed",
            "receipt": "open",
        }


def test_nothing_of_other_customers_is_in_it(chain: Chain, make_key: MakeKey, region: str) -> None:
    mine, others = published.envelope(chain[0]).write().decode(), [chain[1], chain[2]]
    assert not [row for row in others if row.body in mine or str(row.pk) in mine]


def test_with_nothing_from_elsewhere_a_whole_file_is_not_called_genuine(chain: Chain) -> None:
    """A forger signs with a key of their own, and builds a chain of their own round it."""
    found = check(published.envelope(chain[0]))
    assert not found.failed
    assert not found.genuine
    assert states(found)["signature"] == State.OPEN


@pytest.mark.parametrize(
    ("edit", "wrong"),
    [
        (lambda file: file["certificate"].update(body=file["certificate"]["body"].replace('"keys":1', '"keys":2')), "digest"),
        (lambda file: file["certificate"].update(body=file["certificate"]["body"] + " "), "form"),
        (lambda file: file["certificate"].update(body="{}"), "form"),
        (lambda file: file["certificate"].update(digest="0" * 64), "digest"),
        (lambda file: file["certificate"].update(signature="0" * 128), "signature"),
        (lambda file: file["certificate"].update(path=[]), "place"),
        (lambda file: file["certificate"].update(path=["0" * 64, *file["certificate"]["path"][1:]]), "place"),
        (lambda file: file["certificate"]["path"].append("0" * 64), "place"),
        (lambda file: file["head"].update(number=4), "head"),
        (lambda file: file["head"].update(root="0" * 64), "head"),
        (lambda file: file["head"].update(digest="0" * 64), "head"),
        (lambda file: file["head"].update(at="2020-01-01T00:00:00+00:00"), "head"),
        (lambda file: file["head"].update(signature="0" * 128), "head"),
        (lambda file: file.update(public_key="0" * 64), "signature"),
    ],
)  # fmt: skip
def test_whatever_is_altered_shows(chain: Chain, edit: Edit, wrong: str) -> None:
    file = published.envelope(chain[1])
    found = check(edited(file, edit), key=signing.public_key())
    assert not found.genuine
    assert states(found)[wrong] == State.FAILED
    assert all(one.text for one in found.checks)


def test_another_number_s_proof_is_no_proof(chain: Chain) -> None:
    """Each certificate under each other one's digest, signature and path."""
    files = [published.envelope(row) for row in chain]
    for one in files:
        for other in files:
            swapped = replace(one, certificate=replace(one.certificate, path=other.certificate.path))
            assert check(swapped, key=signing.public_key()).genuine == (one is other)


def test_another_key_is_another_author(chain: Chain) -> None:
    found = check(published.envelope(chain[0]), key="ab" * 32)
    assert not found.genuine
    assert states(found)["signature"] == State.FAILED


class TestThePublishedHead:
    @pytest.fixture
    def grown(self, chain: Chain, make_key: MakeKey, region: str, account: UUID) -> tuple[Envelope, int]:
        """A file of three certificates' time, and a chain of four."""
        file = published.envelope(chain[0])
        make_key(account, age=34)
        enforce.enforce(region, clock.today())
        return file, published.size()

    def test_a_longer_chain_is_compared_by_its_proof(self, grown: tuple[Envelope, int]) -> None:
        file, size = grown
        assert size == 4
        for asked in ({"since": 3}, {"includes": 1}):
            head = envelope.read_published(json.dumps(published.published(**asked).as_dict()).encode())
            assert states(check(file, published=head))["published"] == State.PASSED

    def test_without_the_proof_it_says_what_to_fetch(self, grown: tuple[Envelope, int]) -> None:
        found = check(grown[0], published=published.published())
        assert found.genuine
        (told,) = (one for one in found.checks if one.name == "published")
        assert told.state == State.OPEN
        assert "?since=3" in told.text

    def test_a_head_that_is_older_than_the_file_leaves_it_open(self, chain: Chain) -> None:
        file, head = published.envelope(chain[2]), published.published()
        older = replace(head.head, number=2)
        older = replace(older, signature=signing.sign(older.text().encode()))
        assert states(check(file, published=Published(older)))["published"] == State.OPEN

    @pytest.mark.parametrize("size", [3, 4])
    def test_another_story_is_told_apart(self, grown: tuple[Envelope, int], size: int) -> None:
        """The log shows the customer one chain and the public another, both with its own signature."""
        file, _ = grown
        fork = replace(published.published().head, number=size, root="12" * 32)
        fork = replace(fork, signature=signing.sign(fork.text().encode()))
        since = published.published(since=3).since
        found = check(file, published=Published(fork, since=since))
        assert not found.genuine
        assert states(found)["published"] == State.FAILED

    def test_a_head_that_nobody_signed_is_none(self, chain: Chain) -> None:
        head = replace(published.published().head, number=9)
        assert states(check(published.envelope(chain[0]), published=Published(head)))["published"] == "failed"

    def test_before_the_first_certificate_stands_for_none(self, region: str) -> None:
        head = published.published().head
        assert (head.number, head.root) == (0, merkle.EMPTY.hex())
        assert envelope.read_published(json.dumps(head.as_dict()).encode()).head == head

    @pytest.mark.parametrize("asked", [{"since": 0}, {"since": 4}, {"includes": 0}, {"includes": 4}])
    def test_what_the_chain_does_not_have_is_refused(self, chain: Chain, asked: dict[str, int]) -> None:
        with pytest.raises(published.NotInChain):
            published.published(**asked)


class TestTheReceipt:
    @pytest.fixture
    def final(self, chain: Chain, region: str, account: UUID) -> Envelope:
        for _ in range(settings.EPOCHS_KEPT + 1):
            nightly.once(region)
        return published.envelope(chain[0])

    def test_is_in_the_file_once_the_certificate_is_final(self, final: Envelope) -> None:
        found = check(envelope.read(final.write()), key=signing.public_key(), published=published.published())
        assert found.genuine
        assert found.final
        assert states(found)["receipt"] == State.PASSED

    def test_of_other_keys_makes_nothing_final(self, final: Envelope, chain: Chain) -> None:
        assert final.receipt is not None
        body = json.loads(final.receipt.body) | {"database": "elsewhere"}
        forged = replace(final.receipt, body=canonical.encode(body))
        assert states(check(replace(final, receipt=forged)))["receipt"] == State.FAILED
        own = published.envelope(chain[1]).certificate
        assert states(check(replace(final, receipt=own)))["receipt"] == State.FAILED

    def test_that_was_altered_is_none(self, final: Envelope) -> None:
        assert final.receipt is not None
        for change in ({"signature": "0" * 128}, {"digest": "0" * 64}, {"path": ()}):
            altered = replace(final, receipt=replace(final.receipt, **change))
            assert states(check(altered))["receipt"] == State.FAILED


class TestBlocks:
    """The tree over many certificates reads few: what is stored of it says the same as the certificates."""

    @pytest.fixture
    def many(self, region: str, monkeypatch: pytest.MonkeyPatch) -> Chain:
        from paasoo_portal.core.ids import uuid7
        from privacy.certificates import issue

        monkeypatch.setattr(tree, "BLOCK", 4)
        for epoch in range(1, 12):
            assert issue.destruction(f"x{uuid7().hex[:8]}", epoch, {"epoch": epoch}) is not None
        return list(Certificate.objects.order_by("number"))

    def test_complete_ones_are_stored_and_prove(self, many: Chain) -> None:
        assert CertificateBlock.objects.count() == 2
        assert verify_chain().ok
        head = published.published()
        for row in many:
            assert check(published.envelope(row), published=head).genuine
        for former in range(1, len(many) + 1):
            assert published.published(since=former).since is not None

    def test_missing_ones_are_computed_and_made_up_for(self, many: Chain, region: str) -> None:
        from privacy.certificates import issue

        before = published.published().head.root
        with as_owner("default") as connection:
            connection.execute("TRUNCATE privacy_certificateblock")
        assert published.published().head.root == before
        assert verify_chain().ok
        issue.destruction("another", 1, {"epoch": 1})
        assert CertificateBlock.objects.count() == 3
        assert verify_chain().ok

    def test_a_false_one_shows(self, many: Chain) -> None:
        with as_owner("default") as connection:
            connection.execute("UPDATE privacy_certificateblock SET root = repeat('0', 64) WHERE number = 1")
        found = verify_chain()
        assert not found.ok
        assert found.number == 8

    def test_a_gap_proves_nothing_and_stops_no_erasure(self, many: Chain) -> None:
        from privacy.certificates import issue

        with as_owner("default") as connection:
            connection.execute("DELETE FROM privacy_certificate WHERE number = 10")
        with pytest.raises(tree.Gap):
            published.published()
        issue.destruction("another", 1, {"epoch": 1})
        assert published.size() == 12
        assert CertificateBlock.objects.count() == 2

    def test_the_end_cannot_be_cut_off_behind_a_block(self, many: Chain) -> None:
        with as_owner("default") as connection:
            connection.execute("DELETE FROM privacy_certificate WHERE number > 7")
        assert not verify_chain().ok


HOSTILE = {
    "empty": b"",
    "no JSON": b"certificate 12",
    "no object": b"[1, 2]",
    "null": b"null",
    "not UTF-8": b"\xff\xfe{}",
    "half a character": b'{"format": "\\ud800"}',
    "a name twice": b'{"format": "paasoo-certificate/1", "format": "paasoo-certificate/1"}',
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 500 + b"]" * 500,
    "huge": b" " * (strict.LARGEST + 1),
    "a huge number": b'{"format": ' + b"9" * 5000 + b"}",
    "no number": b'{"format": NaN}',
    "a fraction": b'{"format": 1.5}',
    "another format": b'{"format": "something/9"}',
    "nothing in it": b'{"format": "paasoo-certificate/1"}',
    "wrong types": b'{"format": "paasoo-certificate/1", "certificate": 1, "head": [], "public_key": {}}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_no_file_is_said_to_be_none(name: str) -> None:
    for read in (envelope.read, envelope.read_published):
        with pytest.raises(Unreadable) as refused:
            read(HOSTILE[name])
        assert str(refused.value.user)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with pytest.raises(Unreadable):
        envelope.read(content)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("0" * 64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


class TestAnyMember:
    @pytest.fixture
    def file(self, chain: Chain) -> dict[str, Any]:
        return dict(json.loads(published.envelope(chain[1]).write()))

    @hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(data=st.data())
    def test_of_any_other_value_is_refused_or_found_wrong(
        self, file: dict[str, Any], data: st.DataObject
    ) -> None:
        part = data.draw(st.sampled_from(["certificate", "head", ""]))
        value = json.loads(json.dumps(file))
        holder = value[part] if part else value
        name = data.draw(st.sampled_from(sorted(holder)))
        before, holder[name] = holder[name], data.draw(_json)
        try:
            found = check(envelope.read(json.dumps(value).encode()), key=signing.public_key())
        except Unreadable:
            return
        assert found.genuine == (holder[name] == before)
