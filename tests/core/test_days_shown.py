"""Times on pages: the zone is said once on every page, and a day of another year says which."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.conf import settings

from paasoo_portal.core import clock
from paasoo_portal.core.templatetags.ui import on, when
from tests.pages.conftest import Cast, alice, cast, dana, nobody, own_cache
from tests.pages.visitor import Visitor

NOW = datetime(2027, 1, 3, 12, tzinfo=UTC)
__all__ = ["Cast", "alice", "cast", "dana", "nobody", "own_cache"]


def test_a_short_day_of_another_year_says_which() -> None:
    with clock.travel(to=NOW):
        assert ">2 Jan<" in on(date(2027, 1, 2), "short")
        assert ">31 Dec 2026<" in on(date(2026, 12, 31), "short")
        assert ">31 Dec 2026, 23:59<" in when(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "short")


def test_no_page_is_without_the_foot_that_says_the_zone() -> None:
    sources = {path: path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html")}
    frames = [source for source in sources.values() if '{% extends "bare.html" %}' in source]
    assert frames
    assert all('{% include "components/foot.html" %}' in source for source in frames)
    own = [path.name for path, source in sources.items() if "{% block footer %}" in source]
    assert own == ["base_site.html"]
    documents = {path.name for path, source in sources.items() if "<!doctype" in source}
    assert documents == {"bare.html", "frame.html"}, "frame.html is the letters'"


@pytest.mark.django_db(databases="__all__")
def test_every_page_says_its_reader_s_zone(
    cast: Cast, alice: Visitor, dana: Visitor, nobody: Visitor
) -> None:
    cast.alice.timezone = "Asia/Shanghai"
    cast.alice.save(update_fields=["timezone"])
    for path in ("/", "/webhooks/", "/privacy/export/"):
        assert "Times are in the zone Asia/Shanghai." in alice.get(path).texts("footer")[0]
    assert "Times are in the zone UTC." in dana.client.get("/admin/accounts/account/").content.decode()
    assert "Times are in the zone" not in nobody.get("/welcome/").texts("footer")[0]
