"""Certificates: listed, filtered, verified while shown, printable, as files; another account's is not found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from privacy.certificates import envelope, issue
from privacy.certificates.check import check
from privacy.certificates.issue import ErasedLine
from privacy.certificates.models import Certificate
from privacy.keys import signing
from privacy.keys.models import DataClass, Epoch
from tests.conftest import AsRole
from tests.pages.conftest import REGION, Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
Issue = Callable[..., Certificate]


@pytest.fixture
def make(cast: Cast, settings: Any, tmp_path: Path, as_role: AsRole) -> Issue:
    """A certificate as the night's run issues it."""
    settings.KEY_VAULT_URL = f"file://{tmp_path}/vault"

    def issue_one(
        account_id: UUID | None = None, *, because: str = issue.INSTRUCTED, epoch: int = 41
    ) -> Certificate:
        line = ErasedLine(DataClass.CONTENT, 3, date(2026, 1, 1), date(2026, 1, 3), epoch, messages=1200)
        with as_role("worker"):
            made = issue.retention(
                certificate_id=uuid7(),
                account_id=account_id or cast.company.pk,
                alias=REGION,
                run=uuid7(),
                cutoff_on=date(2026, 2, 2),
                instructed_days={DataClass.CONTENT: 30} if because == issue.INSTRUCTED else {},
                lines=[line],
                because=because,
            )
        assert made is not None
        return made

    return issue_one


@pytest.fixture
def certificate(make: Issue) -> UUID:
    return make().pk


@pytest.fixture
def destroy(as_role: AsRole) -> Callable[[int], Certificate]:
    """The vault's receipt for an epoch key, certified as the carry-over does."""

    def do(epoch: int) -> Certificate:
        receipt: dict[str, str | int] = {"epoch": epoch, "destroyed_at": "2026-02-06T01:10:00+00:00"}
        with as_role("worker"):
            made = issue.destruction(REGION, epoch, receipt)
        assert made is not None
        return made

    return do


class TestOne:
    def test_says_what_went_by_which_rule_and_what_is_not_covered(
        self, alice: Visitor, certificate: UUID
    ) -> None:
        assert f"/certificates/{certificate}/" in alice.get("/certificates/").links()
        page = alice.get(f"/certificates/{certificate}/")
        for words in (
            "Verified",
            "3 keys under which",
            "Message content",
            "1 January 2026 – 3 January 2026",
            "1,200",
            "Your retention instruction",
            "at the cut-off of 2 February 2026",
            "Not final yet",
            "Logical.",
            "Copies of the vault",
            "Harbour Logistics",
            "Singapore",
            "number 1 of 1",
        ):
            assert words in page.text, words
        assert page.all(".checks .good")
        assert not page.all(".checks .bad")

    def test_says_about_when_the_last_copy_goes(
        self, alice: Visitor, make: Issue, as_role: AsRole, settings: Any
    ) -> None:
        """Epoch n is destroyed by the carry-over that makes epoch n + w + 1 (P-RET-7)."""
        newest = Epoch.objects.using(REGION).latest("number").number
        page = alice.get(f"/certificates/{make(epoch=newest).pk}/")
        about = clock.today() + timedelta(days=settings.EPOCHS_KEPT + 1)
        assert f"expected about {about.day} {about:%B %Y}" in page.text
        assert f"After {settings.EPOCHS_KEPT + 1} more nightly carry-overs" in page.text

    def test_is_final_with_the_receipt_of_its_last_epoch(
        self, alice: Visitor, make: Issue, destroy: Callable[[int], Certificate]
    ) -> None:
        row = make(epoch=41)
        destroy(40)
        assert "Not final yet" in alice.get(f"/certificates/{row.pk}/").text
        receipt = destroy(41)
        page = alice.get(f"/certificates/{row.pk}/")
        assert "Not final yet" not in page.text
        assert "Unreadable in every back-up since 6 February 2026, 01:10:00 UTC" in page.text
        assert f"/certificates/{receipt.pk}/" in page.links()
        told = alice.get(f"/certificates/{receipt.pk}/").text
        assert "The vault destroyed the key of an epoch" in told
        assert '"epoch":41' in told

    def test_a_vault_that_waits_is_waited_for(
        self, alice: Visitor, make: Issue, destroy: Callable[[int], Certificate], monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("privacy.keys.vault.FolderVault.erasure", "irrecoverable")
        monkeypatch.setattr("privacy.keys.vault.FolderVault.destruction_delay", timedelta(days=7))
        row = make(epoch=41)
        destroy(41)
        page = alice.get(f"/certificates/{row.pk}/")
        assert "Irrecoverable everywhere, back-ups included since 13 February 2026" in page.text
        assert "The vault waits 7 days" in page.text
        assert "Irrecoverable. The key service" in page.text
        with clock.travel(to=clock.midnight(date(2026, 2, 8))):
            assert "back-ups included from 13 February 2026" in alice.get(f"/certificates/{row.pk}/").text

    @pytest.mark.parametrize(("days", "final"), [(3, False), (0, False), (-1, True)])
    def test_is_final_only_when_the_key_service_has_had_its_time(
        self, alice: Visitor, certificate: UUID, as_role: AsRole, days: int, final: bool
    ) -> None:
        """AWS KMS gives its receipt when it begins to delete a key, and names the day on which it is gone."""
        last = clock.today() + timedelta(days=days)
        with as_role("worker"):
            issue.destruction(
                REGION,
                41,
                {
                    "epoch": 41,
                    "vault": "kms",
                    "destroyed_at": clock.now().isoformat(),
                    "deletes_on": last.isoformat(),
                },
            )
        [row] = [one for one in alice.get("/certificates/").texts("tbody tr") if "1,200" in one]
        assert ("Not final yet" in row) is not final
        file = alice.client.get(f"/certificates/{certificate}/file/").json()
        assert ("receipt" in file) is final

    def test_of_a_closed_account_says_so(self, alice: Visitor, make: Issue) -> None:
        page = alice.get(f"/certificates/{make(because=issue.CLOSED).pk}/")
        assert "The account was closed by its administrator" in page.text
        assert "Your retention instruction" not in page.text
        assert "default" not in page.texts("table")[0]

    def test_of_an_unknown_kind_is_shown_whole(
        self, alice: Visitor, cast: Cast, make: Issue, as_role: AsRole
    ) -> None:
        """Kinds to come: what has no words of its own is shown by its name."""
        body = {
            "account": str(cast.company.pk),
            "because": "a request of the account",
            "database": "atlantis",
            "erased": [{"class": "faxes", "keys": 2, "first_day": "x"}, "nonsense"],
            "everywhere": {"last_epoch": 3, "erasure": "irrecoverable"},
            "ordered_at": "2026-02-01T10:00:00+00:00",
            "not_covered": ["smoke signals"],
            "request": "R-ABCD-EFGH",
            "parts": [1, {"a": None}],
        }
        with as_role("worker"):
            row = issue._append(uuid7(), cast.company.pk, "oddity", body)
        page = alice.get(f"/certificates/{row.pk}/")
        for words in (
            "oddity",
            "faxes",
            "atlantis",
            "a request of the account",
            "Ordered 1 February 2026, 10:00:00 UTC",
            "smoke signals",
            "Verified",
        ):
            assert words in page.text, words
        assert {"requestR-ABCD-EFGH", 'parts[1,{"a":null}]'} <= set(page.texts(".facts > div"))
        assert "oddity" in alice.get("/certificates/").text

    @pytest.mark.parametrize(
        "tampering",
        [
            "UPDATE privacy_certificate SET body = replace(body, '1200', '12')",
            "UPDATE privacy_certificate SET body = '[]'",
            "UPDATE privacy_certificate SET body = 'nonsense'",
            'UPDATE privacy_certificate SET body = \'{"everywhere": {"last_epoch": 1}, "erased": 5, "not_covered": 7}\'',
            "UPDATE privacy_certificate SET signature = repeat('0', 128)",
        ],
    )
    def test_what_was_tampered_with_is_not_called_verified(
        self, alice: Visitor, certificate: UUID, as_role: AsRole, tampering: str
    ) -> None:
        with as_role("owner"), connections["default"].cursor() as cursor:
            cursor.execute(tampering)
        page = alice.get(f"/certificates/{certificate}/")
        assert "Not verified" in page.text
        assert "its text or its signature was changed" in page.text
        alice.get("/certificates/")

    def test_a_gap_in_the_chain_is_said(self, alice: Visitor, make: Issue, as_role: AsRole) -> None:
        first, last = make(), make()
        with as_role("owner"), connections["default"].cursor() as cursor:
            cursor.execute("DELETE FROM privacy_certificate WHERE id = %s", [first.pk])
        assert "cannot be checked now" in alice.get(f"/certificates/{last.pk}/").text

    def test_another_accounts_certificate_is_not_found(self, charlie: Visitor, certificate: UUID) -> None:
        for path in (
            f"/certificates/{certificate}/",
            f"/certificates/{certificate}/file/",
            f"/certificates/{uuid7()}/",
        ):
            assert charlie.client.get(path).status_code == 404
        assert "Certificate 1" not in charlie.get("/certificates/").text


class TestFile:
    def test_is_what_anybody_can_check(self, alice: Visitor, certificate: UUID, nobody: Visitor) -> None:
        response = alice.client.get(f"/certificates/{certificate}/file/")
        assert response["Content-Type"] == "application/json"
        assert response["Content-Disposition"] == 'attachment; filename="paasoo-certificate-1.json"'
        head = envelope.read_published(nobody.client.get("/.well-known/paasoo-certificates.json").content)
        found = check(envelope.read(response.content), key=signing.public_key(), published=head)
        assert found.genuine

    def test_names_nobody_else(self, alice: Visitor, make: Issue, cast: Cast) -> None:
        mine, theirs = make(), make(cast.other.pk)
        content = alice.client.get(f"/certificates/{mine.pk}/file/").content.decode()
        assert str(cast.other.pk) not in content
        assert str(theirs.pk) not in content


class TestList:
    def test_none_yet_says_when_one_will_come(self, alice: Visitor) -> None:
        page = alice.get("/certificates/")
        assert "Certificates appear here after the first night" in page.text
        assert not page.all("main form")

    def test_says_which_are_final(
        self, alice: Visitor, make: Issue, destroy: Callable[[int], Certificate]
    ) -> None:
        make(epoch=41)
        make(epoch=42)
        destroy(41)
        rows = alice.get("/certificates/").texts("tbody tr")
        assert ["Final" in rows[1], "Not final yet" in rows[0]] == [True, True]
        assert "1,200 messages" in rows[0]

    def test_filters_by_reason_and_by_day(self, alice: Visitor, make: Issue) -> None:
        make()
        with clock.travel(by=timedelta(days=10)):
            make(because=issue.CLOSED)
        day = clock.today() + timedelta(days=5)

        def numbers(**asked: Any) -> list[str]:
            return list(alice.get("/certificates/", asked).texts("tbody th"))

        assert numbers() == ["2", "1"]
        assert numbers(kind="closure") == ["2"]
        assert numbers(kind="retention") == ["1"]
        assert numbers(kind="erasure") == []
        assert numbers(first=day) == ["2"]
        assert numbers(last=day) == ["1"]
        assert numbers(first=clock.today(), last=clock.today(), kind="retention") == ["1"]
        assert "No certificate fits these filters" in alice.get("/certificates/", {"kind": "erasure"}).text

    @pytest.mark.parametrize(
        ("asked", "error"),
        [
            ({"kind": "nonsense"}, "Choose a reason from the list"),
            ({"first": "yesterday"}, "Enter a day as 2026-11-24"),
            ({"last": "9999-12-31"}, "Enter a day of the years from 2000 to 2199"),
            ({"first": "2026-02-02", "last": "2026-02-01"}, "The last day lies before the first"),
        ],
    )
    def test_wrong_filters_are_named(self, alice: Visitor, certificate: UUID, asked: Any, error: str) -> None:
        assert alice.get("/certificates/", asked).texts(".error-summary a") == [error]

    @pytest.mark.parametrize("asked", [{"before": "x"}, {"after": "-1"}, {"before": "9" * 40}])
    def test_nonsense_in_the_address_is_no_fault(self, alice: Visitor, certificate: UUID, asked: Any) -> None:
        assert alice.get("/certificates/", asked).texts("tbody tr")

    def test_goes_page_by_page_and_keeps_the_filter(self, alice: Visitor, make: Issue) -> None:
        for _ in range(45):
            make()
        make(because=issue.CLOSED)
        seen: list[str] = []
        path = "/certificates/?kind=retention"
        while path:
            page = alice.get(path)
            seen += list(page.texts("tbody th"))
            path = next((link.get("href") for link in page.all("a[rel=next]")), "")
        assert seen == [str(number) for number in range(45, 0, -1)]
        back = page.all("a[rel=prev]")[0].get("href")
        assert alice.get(back).texts("tbody th")[0] == "25"


class TestHead:
    def test_is_for_everybody_and_small(self, nobody: Visitor, make: Issue) -> None:
        make()
        made = make()
        response = nobody.client.get("/.well-known/paasoo-certificates.json")
        told = response.json()
        assert (told["number"], told["digest"]) == (2, made.digest)
        assert told["public_key"] == signing.public_key()
        assert response["Cache-Control"] == "public, max-age=60"
        assert len(response.content) < 1000
        assert "Set-Cookie" not in response.headers

    def test_proves_what_it_is_asked_for(self, nobody: Visitor, make: Issue) -> None:
        for _ in range(5):
            make()
        told = nobody.client.get("/.well-known/paasoo-certificates.json?since=3&includes=2").json()
        assert told["since"]["number"] == 3
        assert told["includes"]["number"] == 2
        assert len(told["includes"]["path"]) == 3

    def test_says_what_it_cannot_give(self, nobody: Visitor, make: Issue) -> None:
        path = "/.well-known/paasoo-certificates.json"
        assert nobody.client.get(path).json()["number"] == 0
        make()
        for asked, status in (
            ("since=2", 404),
            ("includes=0", 404),
            ("since=x", 400),
            ("includes=" + "9" * 99, 400),
        ):
            assert nobody.client.get(f"{path}?{asked}").status_code == status, asked
        assert nobody.client.post(path).status_code == 405

    def test_says_so_when_the_vault_is_away(self, nobody: Visitor, make: Issue, settings: Any) -> None:
        make()
        settings.KEY_VAULT_URL = "file:///dev/null/nowhere"
        assert nobody.client.get("/.well-known/paasoo-certificates.json").status_code == 503
