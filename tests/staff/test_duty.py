"""Staff accept their duty of confidentiality, with its date, before anything is shown to them. P-SEC-3."""

from __future__ import annotations

import pytest

from accounts.duty import services
from accounts.duty.models import StaffDuty
from paasoo_portal.core.audit.models import AuditEvent
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def fresh(cast: Cast) -> Visitor:
    """Dana as on her first day: the text is a new one."""
    return Visitor(cast.dana)


def test_nothing_is_shown_before_it_is_accepted(
    cast: Cast, fresh: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "TEXT_VERSION", "2027-01")
    for path in ("/admin/", f"/admin/accounts/person/{cast.bob.pk}/change/", "/admin/privacy/rightsrequest/"):
        assert fresh.sent_on(fresh.client.get(path)) == "/staff/duty/"
    assert not AuditEvent.objects.filter(event="staff:record:viewed").exists()
    page = fresh.post("/staff/duty/", {})
    assert "Without your acceptance" in page.texts(".error-summary")[0]
    assert fresh.post_on("/staff/duty/", {"agreed": "on"}) == "/admin/"
    assert fresh.client.get("/admin/").status_code == 200
    found = StaffDuty.objects.get(text_version="2027-01")
    assert found.person_id == cast.dana.pk
    assert AuditEvent.objects.filter(event="staff:duty:accepted", actor_id=cast.dana.pk).exists()


def test_it_is_accepted_once(cast: Cast) -> None:
    services.accept(cast.dana.pk)
    assert StaffDuty.objects.filter(person_id=cast.dana.pk).count() == 1


def test_it_is_nobody_else_s(alice: Visitor, nobody: Visitor) -> None:
    assert alice.client.get("/staff/duty/").status_code == 404
    assert nobody.client.get("/staff/duty/").status_code == 302
