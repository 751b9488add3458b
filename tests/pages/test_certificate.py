"""Certificates: listed, verified while shown, printable; another account's is not found."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from privacy.certificates import issue
from privacy.certificates.issue import ErasedLine
from privacy.keys.models import DataClass
from tests.conftest import AsRole
from tests.pages.conftest import REGION, Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def certificate(cast: Cast, settings: Any, tmp_path: Path, as_role: AsRole) -> UUID:
    """A certificate as the night's run issues it."""
    settings.KEY_VAULT_URL = f"file://{tmp_path}/vault"
    line = ErasedLine(DataClass.CONTENT, 3, date(2026, 1, 1), date(2026, 1, 3), 41, messages=1200)
    with as_role("worker"):
        made = issue.retention(
            certificate_id=uuid7(),
            account_id=cast.company.pk,
            alias=REGION,
            run=uuid7(),
            cutoff_on=date(2026, 2, 2),
            instructed_days={DataClass.CONTENT: 30},
            lines=[line],
        )
    assert made is not None
    return made.pk


def test_none_yet_says_when_one_will_come(alice: Visitor) -> None:
    assert "Certificates appear here after the first night" in alice.get("/certificates/").text


def test_says_what_went_by_which_rule_and_what_is_not_covered(alice: Visitor, certificate: UUID) -> None:
    assert f"/certificates/{certificate}/" in alice.get("/certificates/").links()
    page = alice.get(f"/certificates/{certificate}/")
    for words in (
        "Verified",
        "Message content",
        "1 January 2026 – 3 January 2026",
        "1,200",
        "Not final yet",
        "Copies of the vault",
        "Harbour Logistics",
        "Singapore",
    ):
        assert words in page.text, words


def test_another_accounts_certificate_is_not_found(charlie: Visitor, certificate: UUID) -> None:
    assert charlie.client.get(f"/certificates/{certificate}/").status_code == 404
    assert charlie.client.get(f"/certificates/{uuid7()}/").status_code == 404
    assert "Certificate 1" not in charlie.get("/certificates/").text


@pytest.mark.parametrize(
    ("days", "words"), [(3, "Not final yet"), (0, "Not final yet"), (-1, "Final by destruction receipt 2")]
)
def test_is_final_only_when_the_key_service_has_had_its_time(
    alice: Visitor, certificate: UUID, as_role: AsRole, days: int, words: str
) -> None:
    """AWS KMS gives its receipt when it begins to delete a key, and names the day on which it is gone."""
    last = clock.today() + timedelta(days=days)
    with as_role("worker"):
        issue.destruction(REGION, 41, {"epoch": 41, "vault": "kms", "deletes_on": last.isoformat()})
    text = alice.get(f"/certificates/{certificate}/").text
    assert words in text
    assert ("gone by the end of" in text) is (days >= 0)
