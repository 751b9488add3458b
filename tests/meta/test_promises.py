"""docs/promises.md says what the sources say, and no source cites a promise that is none."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import Resolver404, resolve

from privacy import promises


def test_the_page_is_as_the_sources_are() -> None:
    call_command("promises", check=True)


def test_every_id_that_is_cited_is_a_promise() -> None:
    assert promises.unknown() == set()


@pytest.mark.parametrize("one", promises.PROMISES, ids=lambda one: one.id)
def test_a_promise_is_kept_somewhere_and_tested_or_says_why_not(one: promises.Promise) -> None:
    code, tests = promises._cited(*promises.CODE), promises._cited("tests")
    assert code.get(one.id) or one.not_yet, f"{one.id} is kept nowhere"
    assert tests.get(one.id) or one.not_yet, f"no test cites {one.id}"
    if one.page:
        try:
            resolve(one.page)
        except Resolver404:
            pytest.fail(f"{one.id} names a page that is none: {one.page}")
