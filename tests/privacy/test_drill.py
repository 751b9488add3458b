"""`drill restore`: passes when the walls hold, and names the culprit when one is taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings as django_settings

from privacy.catalogue import catalogue
from privacy.drill import restore

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
    pairs = [
        (entry.model, entry.field.removesuffix("_sealed") + "_key_id")
        for entry in catalogue().entries()
        if entry.storage == "sealed"
    ]
    fields = {(entry.model, entry.field) for entry in catalogue().entries()}
    assert set(pairs) <= fields, "a sealed field names its key beside it"


def test_old_copies_open_nothing_due_and_everything_living_and_can_be_made_fit_to_serve(region: str) -> None:
    answer = restore.run([region])
    assert answer["ok"], json.dumps(answer, indent=1)
    print(answer["steps"], answer["seconds"])
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
