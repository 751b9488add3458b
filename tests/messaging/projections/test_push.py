"""What the regions know: pushed at once, in the right order, and repaired when a push was lost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError

from accounts.api_keys.services import create_api_key, revoke_api_key
from accounts.models import Account, ApiKey
from accounts.teams.services import change_account
from messaging.pricing.services import publish_prices
from messaging.projections import services
from messaging.projections.models import RegionAccount, RegionKey, RegionPrice
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope
from privacy.keys import DataClass
from privacy.retention import instructions
from tests import money

ALIASES = ("ie", "sg")


def known(account_id: UUID, alias: str = "ie") -> RegionAccount:
    with scope(account_id, using=[alias]):
        return RegionAccount.objects.using(alias).get(pk=account_id)


def keys(account_id: UUID, alias: str = "ie") -> dict[str, bool]:
    """The account's keys in the region, and whether each is revoked."""
    rows = RegionKey.objects.using(alias).filter(account_id=account_id)
    return {row.key: row.revoked_at is not None for row in rows}


def prices(alias: str = "ie") -> dict[tuple[str, str], Decimal]:
    rows = RegionPrice.objects.using(alias).values_list("country", "network", "amount")
    return {(country, network): amount for country, network, amount in rows}


@pytest.mark.parametrize("alias", ALIASES)
def test_a_new_account_is_known_everywhere(app: None, alias: str) -> None:
    account = money.account(region="sg")
    found = known(account.pk, alias)
    assert (found.state, found.currency, found.default_sender) == ("open", "EUR", "PaaSoo")
    assert (found.content_days, found.number_days, found.throttle_per_second) == (30, 90, 50)


@pytest.mark.parametrize("alias", ALIASES)
def test_keys_come_with_their_hash_and_go_on_being_known_when_revoked(app: None, alias: str) -> None:
    account = money.account()
    made = create_api_key(
        account_id=account.pk,
        name="Shop",
        created_by_id=None,
        ip_allow=["192.0.2.0/24"],
        scopes=["messages:send"],
    )
    row = RegionKey.objects.using(alias).get(key=made.key.key)
    assert (row.key_id, row.account_id, row.secret_hash) == (made.key.pk, account.pk, made.key.secret_hash)
    assert (row.scopes, row.ip_allow) == (["messages:send"], ["192.0.2.0/24"])
    assert made.secret not in str(vars(row))
    revoke_api_key(account_id=account.pk, key_id=made.key.pk, revoked_by_id=None)
    assert keys(account.pk, alias) == {made.key.key: True}


def test_a_key_that_is_deleted_is_forgotten(app: None) -> None:
    account = money.account()
    made = create_api_key(account_id=account.pk, name="Shop", created_by_id=None)
    with scope(account.pk):
        ApiKey.objects.filter(pk=made.key.pk).delete()
    services.push_account(account.pk)
    assert keys(account.pk) == {}


def test_a_change_arrives(app: None) -> None:
    account = money.account()
    change_account(account_id=account.pk, actor_id=None, state="suspended", throttle_per_second=5)
    assert (known(account.pk).state, known(account.pk).throttle_per_second) == ("suspended", 5)


def test_an_older_push_never_overwrites_a_newer_one(app: None) -> None:
    account = money.account()
    create_api_key(account_id=account.pk, name="First", created_by_id=None)
    old = services._read(account.pk)
    change_account(account_id=account.pk, actor_id=None, default_sender="Newer")
    create_api_key(account_id=account.pk, name="Second", created_by_id=None)
    assert old is not None
    assert services._tell("ie", old)
    assert known(account.pk).default_sender == "Newer"
    assert len(keys(account.pk)) == 2


def test_an_account_of_nobody_is_not_pushed(app: None) -> None:
    assert services.push_account(UUID(int=7)) == []


def test_an_instruction_changes_the_days(app: None) -> None:
    account = money.account()
    instructions.instruct(account_id=account.pk, data_class=DataClass.NUMBER, days=120, person_id=None)
    assert known(account.pk).number_days == 120


def test_an_instruction_whose_day_has_come_is_repaired(worker: None) -> None:
    account = money.account()
    instructions.instruct(account_id=account.pk, data_class=DataClass.CONTENT, days=7, person_id=None)
    assert known(account.pk).content_days == 30
    with clock.travel(by=timedelta(hours=25)):
        services.repair("sg")
        assert known(account.pk).content_days == 7


@pytest.fixture
def without_sg(monkeypatch: pytest.MonkeyPatch) -> None:
    real = services.scope

    def refused(account_id: UUID, *, using: Any = ("default",)) -> Any:
        if "sg" in using:
            raise OperationalError("down")
        return real(account_id, using=using)

    monkeypatch.setattr(services, "scope", refused)


def test_a_region_that_is_down_does_not_keep_the_others_from_knowing(app: None, without_sg: None) -> None:
    account = money.account()
    assert known(account.pk, "ie").state == "open"
    with scope(account.pk, using=["sg"]):
        assert not RegionAccount.objects.using("sg").exists()
    assert services.push_account(account.pk) == ["sg"]


def test_a_region_that_was_down_is_caught_up(worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        real = services._tell
        patch.setattr(services, "_tell", lambda alias, given: alias == "sg" or real(alias, given))
        account = money.account()
    assert services.repair("sg") >= 1
    assert known(account.pk, "sg").state == "open"
    assert services.repair("sg") == 0


def test_a_push_lost_in_a_crash_is_caught_up(worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    account = money.account()
    services.repair("ie")
    with monkeypatch.context() as patch:
        patch.setattr(services, "push_account", lambda account_id: [])
        patch.setattr("paasoo_portal.core.hooks.call", lambda *_, **__: [])
        made = create_api_key(account_id=account.pk, name="Shop", created_by_id=None)
    assert keys(account.pk) == {}
    assert services.repair("ie") == 1
    assert keys(account.pk) == {made.key.key: False}


def test_versions_only_grow(app: None) -> None:
    account = money.account()
    versions = []
    for _ in range(3):
        services.push_account(account.pk)
        versions.append(Account.objects.get(pk=account.pk).version)
    assert versions == sorted(set(versions))
    assert known(account.pk).version == versions[-1]


def test_prices_reach_every_region(app: None) -> None:
    publish_prices(
        {("DE", ""): Decimal("0.07"), ("DE", "26201"): Decimal("0.06")}, effective_on=date(2024, 1, 1)
    )
    for alias in ALIASES:
        assert prices(alias) == {("DE", ""): Decimal("0.07"), ("DE", "26201"): Decimal("0.06")}


def test_a_price_begins_on_its_day(worker: None) -> None:
    publish_prices({("DE", ""): Decimal("0.07")}, effective_on=date(2024, 1, 1))
    publish_prices({("DE", ""): Decimal("0.09")}, effective_on=clock.today() + timedelta(days=1))
    assert prices() == {("DE", ""): Decimal("0.07")}
    with clock.travel(by=timedelta(days=1)):
        services.repair("ie")
        assert prices() == {("DE", ""): Decimal("0.09")}


def test_a_price_of_the_same_day_is_replaced(app: None) -> None:
    for amount in ("0.07", "0.08"):
        publish_prices({("DE", ""): Decimal(amount)}, effective_on=date(2024, 1, 1))
    assert prices() == {("DE", ""): Decimal("0.08")}
