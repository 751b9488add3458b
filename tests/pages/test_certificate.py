"""Certificates: listed, verified while shown, printable; another account's is not found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connections

from paasoo_portal.core.ids import uuid7
from privacy.certificates import issue
from privacy.certificates.issue import ErasedLine
from privacy.certificates.models import Certificate
from privacy.keys.models import DataClass
from tests.pages.conftest import REGION, Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def certificate(cast: Cast, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UUID]:
    """A certificate as the night's run issues it; only the worker's role may write it, so the owner stores
    it.
    """
    settings.KEY_VAULT_URL = f"file://{tmp_path}/vault"
    monkeypatch.setattr(Certificate.objects, "create", store)
    line = ErasedLine(DataClass.CONTENT, 3, date(2026, 1, 1), date(2026, 1, 3), 41, messages=1200)
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
    yield made.pk
    with as_owner() as connection:
        connection.execute("DELETE FROM privacy_certificate WHERE id = %s", [made.pk])


def store(**fields: Any) -> Certificate:
    names = ", ".join(fields)
    marks = ", ".join(f"%({name})s" for name in fields)
    with as_owner() as connection:
        connection.execute(f"INSERT INTO privacy_certificate ({names}) VALUES ({marks})", fields)  # noqa: S608
    return Certificate(**fields)


def as_owner() -> psycopg.Connection[Any]:
    given = connections["default"].settings_dict
    return psycopg.connect(
        dbname=given["NAME"],
        user="paasoo_owner",
        host=given["HOST"],
        port=given["PORT"] or None,
        autocommit=True,
    )


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
