"""`drill canary`: no plain text and no bare key in anything held, and the search finds what is there."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from celery import current_app
from django.conf import settings as django_settings
from django.core.cache import cache
from kombu import Connection

from messaging.accept import rules
from messaging.pricing.services import publish_prices
from messaging.projections.services import push_prices
from paasoo_portal.drill import use, world
from paasoo_portal.drill.stores import EmbeddedStores
from privacy.drill import canary, restore
from privacy.drill.stores import search
from privacy.exports import services as exports
from privacy.keys import sealing

pytestmark = pytest.mark.fresh


QUEUE = "canary"


def queued(job_id: UUID) -> None:
    """A queue of the test's own, in the broker that all share: nobody works it off."""
    socket, _, number = os.environ["REDIS_URL"].removeprefix("unix://").partition("?db=")
    with Connection(f"redis+socket://{socket}?virtual_host={number}") as connection:
        current_app.send_task("privacy.run_export", args=[str(job_id)], queue=QUEUE, connection=connection)


@pytest.fixture
def region(committed: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(exports, "_send", queued)
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_FILE_PATH = tmp_path / "emails"
    publish_prices({("GB", ""): Decimal("0.035")}, effective_on=date(2024, 1, 1))
    push_prices()
    yield django_settings.TRAFFIC_ALIASES[-1]
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.delete(QUEUE, f"_kombu.binding.{QUEUE}")


def test_nothing_plain_and_no_bare_key_is_found_in_anything_held(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[Path] = []
    logged = use.logged
    monkeypatch.setattr(use, "logged", lambda path: lines.append(path) or logged(path))
    answer = canary.run([region])
    wrong = [check for check in answer["checks"] if not check["ok"]]
    assert answer["ok"], json.dumps(wrong, indent=1)
    told = [check["check"] for check in answer["checks"]]
    assert "PostgreSQL's WAL: what is planted on purpose is found" in told
    assert f"{region}: the key table's files hold no wrapped key of before the carry-over" in told
    assert "epoch keys are found in the vault while their epoch is kept" in told
    assert "past the bound, no epoch keys in the vault" in told
    assert answer["left"]["closed accounts without a name"] == 2
    assert not any(path.exists() for path in lines)
    assert not [path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def found_wrong(region: str, folder: Path, *, used: bool) -> set[str]:
    """One look at everything, while what was planted lives."""
    stores, planted = EmbeddedStores([region]), world.PortalWorld([region])
    try:
        planted.plant(canary.MESSAGES)
        if used:
            planted.use()
        checks = canary.nowhere("then", stores.all(folder), canary.needles_of(planted, [region]))
    finally:
        planted.remove()
    return {check.check for check in checks if not check.ok}


def test_a_value_that_was_not_sealed_is_found(
    region: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As if somebody had taken the seal away. What is not sealed is not opened either, so nobody reads it here."""
    # Numbers of its own, for what it leaves in the WAL is found by whoever searches those later.
    monkeypatch.setattr(world, "_STAYS", "4477009003{:02}")
    monkeypatch.setattr(world, "_ASKS", "447700900399")
    monkeypatch.setattr(
        sealing, "seal", lambda aead, plain, associated_data: sealing.VERSION + b"\0" * 28 + plain
    )
    wrong = found_wrong(region, tmp_path, used=False)
    for where in ("PostgreSQL's data files", "PostgreSQL's WAL", "dumps made now"):
        assert {f"then, no content in {where}", f"then, no numbers in {where}"} <= wrong, wrong


def test_what_the_way_of_a_message_leaves_in_log_or_cache_is_found(
    region: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As if whoever accepts messages had told a text to the log, and kept it in the cache."""
    monkeypatch.setattr(world, "_USED", "447700900297")
    real = rules.prepare

    def telling(*args: Any, text: str, **given: Any) -> Any:
        logging.getLogger("messaging").info("accepted: %s", text)
        cache.set("drill-leak", text, 60)
        return real(*args, text=text, **given)

    monkeypatch.setattr(rules, "prepare", telling)
    try:
        wrong = found_wrong(region, tmp_path, used=True)
    finally:
        cache.delete("drill-leak")
    assert {f"then, no content in {where}" for where in ("logs", "Valkey's files")} <= wrong, wrong


def test_the_search_finds_across_a_file_and_tells_which(tmp_path: Path) -> None:
    path = tmp_path / "held"
    path.write_bytes(b"x" * 100_000 + b"needle" + b"y" * 100_000)
    assert list(search([path, tmp_path / "gone"], [b"needle", b"another"])) == [(path, b"needle")]


@pytest.mark.parametrize("drill", [canary.run, restore.run])
def test_no_drill_is_held_in_production(region: str, drill: Any, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(restore.DrillImpossible):
        drill([region])
