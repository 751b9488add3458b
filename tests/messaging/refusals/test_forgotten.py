"""Refusals are deleted after 30 days, by the worker, whosever they are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.refusals import record
from messaging.refusals.models import RefusedRequest, Surface
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy.retention import rows


@pytest.mark.usefixtures("worker")
def test_is_forgotten_after_thirty_days() -> None:
    record.refused(
        "sg", uuid7(), surface=Surface.REST, code="throttled", key_id=uuid7(), network="192.0.2.0/24"
    )
    rows.run("sg", clock.today())
    assert kept() >= 1
    with clock.travel(by=timedelta(days=29)):
        rows.run("sg", clock.today())
        assert kept() >= 1
    with clock.travel(by=timedelta(days=31)):
        rows.run("sg", clock.today())
        assert kept() == 0


def kept() -> int:
    with system_scope("refusals", using=("sg",)):
        return RefusedRequest.objects.using("sg").count()
