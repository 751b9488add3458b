"""`drill restore`: passes when the walls hold, and names the culprit when one is taken away."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings

from paasoo_portal.core import clock
from privacy.catalogue import catalogue
from privacy.drill import restore, samples
from privacy.keys import datakeys, nightly
from privacy.retention import nightly as retention
from tests.privacy.conftest import MakeKey, Registered


@pytest.fixture(autouse=True)
def _only_what_the_drill_planted(registered: Registered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests' messages lie in the database too, without the keys that this test began anew."""
    columns = [column for column in samples.sealed_columns() if column[0] == samples.TABLE]
    assert columns == [("privacy_drillsample", "sample_sealed", "sample_key_id")]
    monkeypatch.setattr(samples, "sealed_columns", lambda: columns)


def test_it_reads_every_sealed_field_of_the_catalogue() -> None:
    declared = {entry.field for entry in catalogue().entries() if entry.storage == "sealed"}
    assert declared >= {"content_sealed", "number_sealed"}
    fields = {(entry.model, entry.field) for entry in catalogue().entries()}
    for entry in catalogue().entries():
        if entry.storage == "sealed":
            own = (entry.model, entry.field.removesuffix("_sealed") + "_key_id")
            assert own in fields or (entry.model, "key_id") in fields, "a sealed field names its key"


def test_old_copies_open_nothing_due_and_everything_living(region: str, make_key: MakeKey) -> None:
    answer = restore.run([region])
    assert answer["ok"], answer
    assert {copy["restored_from"] for copy in answer["copies"]} == {"dump", "base back-up"}
    for copy in answer["copies"]:
        assert copy["old_keys"] > 0
        assert copy["old_keys_opened"] == 0
        assert copy["samples_due_opened"] == 0
        assert copy["samples_living_opened"] == 3
        assert copy["refused_to_serve"]


def test_one_carry_over_too_few_and_the_drill_says_so(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def all_but_the_last(alias: str) -> None:
        done.append(alias)
        if len(done) <= django_settings.EPOCHS_KEPT:
            real(alias)

    real = nightly.once
    monkeypatch.setattr(nightly, "once", all_but_the_last)
    answer = restore.run([region])
    assert not answer["ok"]
    problems = {culprit["problem"] for copy in answer["copies"] for culprit in copy["culprits"]}
    assert problems == {"an old copy's key opens beyond the bound"}


def test_without_enforcement_the_drill_names_the_sample(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is carried over though it is due, and a reader that does not look at the day."""
    monkeypatch.setattr(retention, "run", lambda alias, cutoff_on: None)
    blind = SimpleNamespace(today=lambda: date(2000, 1, 1), now=clock.now)
    monkeypatch.setattr(datakeys, "clock", blind)
    answer = restore.run([region])
    problems = {culprit["problem"] for copy in answer["copies"] for culprit in copy["culprits"]}
    assert problems == {"a sample that is due can be read"}
