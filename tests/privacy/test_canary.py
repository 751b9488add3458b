"""`drill canary`: no plain text and no bare key in anything held, and the search finds what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from paasoo_portal.drill import world
from privacy.drill import canary, restore
from privacy.drill.stores import search
from privacy.keys import sealing

pytestmark = pytest.mark.fresh


@pytest.fixture
def region(committed: None, settings: Any, tmp_path: Path) -> str:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_FILE_PATH = tmp_path / "emails"
    alias: str = django_settings.TRAFFIC_ALIASES[-1]
    return alias


def test_nothing_plain_and_no_bare_key_is_found_in_anything_held(region: str) -> None:
    answer = canary.run([region])
    wrong = [check for check in answer["checks"] if not check["ok"]]
    assert answer["ok"], json.dumps(wrong, indent=1)
    told = [check["check"] for check in answer["checks"]]
    assert "PostgreSQL's WAL: what is planted on purpose is found" in told
    assert f"{region}: the key table's files hold no wrapped key of before the carry-over" in told


def test_a_value_that_was_not_sealed_is_found(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if somebody had taken the seal away."""
    # Numbers of its own, for what it leaves in the WAL is found by whoever searches those later.
    monkeypatch.setattr(world, "_STAYS", "4477009003{:02}")
    monkeypatch.setattr(world, "_ASKS", "447700900399")
    monkeypatch.setattr(
        sealing, "seal", lambda aead, plain, associated_data: sealing.VERSION + b"\0" * 28 + plain
    )
    answer = canary.run([region])
    wrong = {check["check"] for check in answer["checks"] if not check["ok"]}
    for where in ("PostgreSQL's data files", "PostgreSQL's WAL", "dumps made now"):
        assert f"before anything was erased, no content in {where}" in wrong, wrong
        assert f"before anything was erased, no numbers in {where}" in wrong, wrong


def test_the_search_finds_across_a_file_and_tells_which(tmp_path: Path) -> None:
    path = tmp_path / "held"
    path.write_bytes(b"x" * 100_000 + b"needle" + b"y" * 100_000)
    assert list(search([path, tmp_path / "gone"], [b"needle", b"another"])) == [(path, b"needle")]


@pytest.mark.parametrize("drill", [canary.run, restore.run])
def test_no_drill_is_held_in_production(region: str, drill: Any, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(restore.DrillImpossible):
        drill([region])
