"""A crash between the two databases, at every point and in both directions, loses no money and makes none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections

from accounts.models import AllowanceTransfer
from messaging.allowance import selectors, services, transfers
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope
from tests import money

POINTS = ("allowance.between_databases", "allowance.before_closing")


class Crash(Exception):
    """The process is gone."""


Crashing = Callable[[str], None]


@pytest.fixture
def crash_at(monkeypatch: pytest.MonkeyPatch) -> Crashing:
    def arm(point: str) -> None:
        def fault(name: str) -> None:
            if name == point:
                raise Crash(name)

        monkeypatch.setattr(transfers, "fault", fault)

    return arm


def unfinished(account_id: UUID) -> int:
    with scope(account_id):
        return AllowanceTransfer.objects.filter(state="debited").count()


@pytest.mark.parametrize("point", POINTS)
def test_on_the_way_to_a_region(worker: None, crash_at: Crashing, point: str) -> None:
    account = money.account(20)
    crash_at(point)
    with pytest.raises(Crash):
        services.pull(account.pk, "ie", Decimal(8))
    crash_at("nowhere")
    assert unfinished(account.pk) == 1
    assert services.available(account.pk) == 20
    with clock.travel(by=timedelta(seconds=11)):
        assert services.reconcile("ie") == 1
        assert services.reconcile("ie") == 0
    assert selectors.allowances(account.pk)["ie"] == 8
    assert (services.available(account.pk), unfinished(account.pk)) == (20, 0)


@pytest.mark.parametrize("point", POINTS)
def test_on_the_way_back(worker: None, crash_at: Crashing, point: str) -> None:
    account = money.account(20)
    services.pull(account.pk, "ie", Decimal(8))
    crash_at(point)
    with pytest.raises(Crash):
        services.drain(account.pk, "ie", Decimal(6))
    crash_at("nowhere")
    assert services.available(account.pk) == 20
    with clock.travel(by=timedelta(seconds=11)):
        assert services.reconcile("ie") == 1
    assert selectors.allowances(account.pk)["ie"] == 2
    assert (services.available(account.pk), unfinished(account.pk)) == (20, 0)


def test_a_young_transfer_is_left_to_its_process(worker: None, crash_at: Crashing) -> None:
    account = money.account(20)
    crash_at(POINTS[0])
    with pytest.raises(Crash):
        services.pull(account.pk, "ie", Decimal(8))
    assert services.reconcile("ie") == 0


def test_finishing_a_transfer_twice_credits_once(worker: None, crash_at: Crashing) -> None:
    account = money.account(20)
    crash_at(POINTS[1])
    with pytest.raises(Crash):
        services.pull(account.pk, "ie", Decimal(8))
    crash_at("nowhere")
    with scope(account.pk):
        transfer = AllowanceTransfer.objects.get()
    for _ in range(3):
        transfers.finish(account.pk, "ie", transfer.pk, transfer.amount)
    assert selectors.allowances(account.pk)["ie"] == 8


_LOOP = """
import random, sys, uuid
import django
django.setup()
from decimal import Decimal
from messaging.allowance import services
account = uuid.UUID(sys.argv[1])
for step in range(200):
    region = random.choice(["ie", "sg"])
    if random.random() < 0.5:
        services.pull(account, region, Decimal(random.randrange(1, 9)))
    else:
        services.drain(account, region, Decimal(random.randrange(1, 9)))
"""


def test_processes_that_really_die(worker: None) -> None:
    account = money.account(20)
    database = {f"DATABASE_URL{suffix}": _url(alias) for alias, suffix in _SUFFIXES.items()}
    faults = ",".join(f"{point}:0.08" for point in POINTS)
    environment = os.environ | database | {"PAASOO_FAULTS": faults, "PAASOO_ROLE": "worker"}
    environment["DJANGO_SETTINGS_MODULE"] = "paasoo_portal.settings"
    command = [sys.executable, "-c", _LOOP, str(account.pk)]
    running = [subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR) for _ in range(4)]
    assert 137 in {process.wait(60) for process in running}
    assert services.available(account.pk) == 20
    with clock.travel(by=timedelta(seconds=30)):
        services.reconcile("ie")
        services.reconcile("sg")
    assert unfinished(account.pk) == 0
    assert services.available(account.pk) == 20


_SUFFIXES = {"default": "", "ie": "_IE", "sg": "_SG"}


def _url(alias: str) -> str:
    given = connections[alias].settings_dict
    return f"postgresql:///{given['NAME']}?host={given['HOST']}&user=paasoo_worker"
