"""`drill restore`: passes when the walls hold, and names the culprit when one is taken away."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings

from paasoo_portal.core import clock
from privacy.catalogue import catalogue
from privacy.drill import procedure, restore
from privacy.keys import datakeys, nightly
from privacy.retention import nightly as retention

pytestmark = pytest.mark.fresh


@pytest.fixture
def region(committed: None) -> str:
    """A regional database as a new installation has it: drills work on whole installations."""
    alias: str = django_settings.TRAFFIC_ALIASES[-1]
    return alias


def problems(answer: dict[str, Any]) -> set[str]:
    return {culprit["problem"] for copy in answer["copies"] for culprit in copy["culprits"]}


def test_it_reads_every_sealed_field_of_the_catalogue() -> None:
    declared = {entry.field for entry in catalogue().entries() if entry.storage == "sealed"}
    assert declared >= {"content_sealed", "number_sealed"}
    fields = {(entry.model, entry.field) for entry in catalogue().entries()}
    for entry in catalogue().entries():
        if entry.storage == "sealed":
            own = (entry.model, entry.field.removesuffix("_sealed") + "_key_id")
            assert own in fields or (entry.model, "key_id") in fields, "a sealed field names its key"


def test_old_copies_open_nothing_due_and_everything_living_and_can_be_made_fit_to_serve(region: str) -> None:
    answer = restore.run([region])
    assert answer["ok"], json.dumps(answer, indent=1)
    assert [copy["restored_from"] for copy in answer["copies"]] == [
        "base back-up and WAL, before the erasures",
        "base back-up and WAL, after the erasures",
        "dump",
    ]
    for copy in answer["copies"]:
        assert copy["old_keys"] > 0
        assert copy["old_keys_opened"] == 0
        assert copy["samples_due_opened"] == 0
        assert copy["samples_living_opened"] == 3
        assert copy["refused_to_serve"]
    told = [check["check"] for check in answer["procedure"]]
    assert told[0] == "a restored copy refuses to start"
    assert "after the procedure it would start" in told


def test_one_carry_over_too_few_and_readers_that_do_not_look_are_named(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is enforced, keys that are due are carried over, a reader is blind to the day, and the bound is not reached."""
    done: list[str] = []

    def all_but_the_last(alias: str) -> None:
        done.append(alias)
        if len(done) <= django_settings.EPOCHS_KEPT:
            real(alias)

    real = nightly.once
    monkeypatch.setattr(nightly, "once", all_but_the_last)
    monkeypatch.setattr(retention, "run", lambda alias, cutoff_on: None)
    blind = SimpleNamespace(today=lambda: date(2000, 1, 1), now=clock.now)
    monkeypatch.setattr(datakeys, "clock", blind)
    monkeypatch.setattr(procedure, "run", lambda *given: [])
    answer = restore.run([region])
    assert not answer["ok"]
    assert problems(answer) == {
        "an old copy's key opens beyond the bound",
        "a sample that is due can be read",
        "a message that is due or of a closed account can be read",
    }


def test_without_the_replay_the_drill_says_what_is_back(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def all_but_the_replay(group: Any, *command: str) -> procedure.Check:
        if command[0] == "erasures":
            return procedure.Check("left out", ok=True)
        return real(group, *command)

    real = procedure._succeeds
    monkeypatch.setattr(procedure, "_succeeds", all_but_the_replay)
    answer = restore.run([region])
    assert not answer["ok"]
    assert {check["check"] for check in answer["procedure"] if not check["ok"]} >= {
        "after the procedure it would start",
        "no erased name or address is in the restored control plane",
        f"{region}: no message that was erased by hand is there",
    }
