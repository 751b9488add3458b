"""Charts: geometry that adds up, and a drawing that says nothing its table does not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from paasoo_portal.core.charts import HEIGHT, Bars, Series

DAY = date(2026, 3, 1)
COUNTS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=40)


def chart(stacks: list[tuple[int, int]]) -> Bars:
    days = [DAY + timedelta(days=offset) for offset in range(len(stacks))]
    good, bad = zip(*stacks, strict=True)
    return Bars("Messages", days, [Series("Delivered", "good", good), Series("Failed", "bad", bad)])


@given(COUNTS)
def test_a_stack_is_as_high_as_its_sum_and_stays_inside(stacks: list[tuple[int, int]]) -> None:
    drawn = chart(stacks)
    assert drawn.top >= max(sum(pair) for pair in stacks)
    heights: dict[int, float] = {}
    for bar in drawn.rectangles():
        heights[bar.x] = heights.get(bar.x, 0) + bar.height
        assert 0 <= bar.x < bar.x + bar.width <= drawn.width
        assert -0.05 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.05
    for place, pair in enumerate(stacks):
        drawn_height = heights.get(place * 10 + 1, 0)
        assert drawn_height == pytest.approx(sum(pair) * HEIGHT / drawn.top, abs=0.05)


def test_series_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="each day"):
        Bars("Messages", [DAY], [Series("Delivered", "good", [1, 2])])


def test_the_page_has_the_same_figures_as_a_table_and_no_style() -> None:
    source = Template('{% load ui %}{% bars chart "traffic" %}').render(
        Context({"chart": chart([(1234, 0), (0, 6)])})
    )
    tree = html.fragment_fromstring(source)
    rows = [[cell.text_content() for cell in row] for row in tree.cssselect("tbody tr")]
    assert rows == [["2 March 2026", "0", "6"], ["1 March 2026", "1,234", "0"]]
    assert len(tree.cssselect("rect")) == 2
    assert "style" not in source
    assert tree.cssselect("svg")[0].get("aria-hidden") == "true"


def test_an_empty_month_draws_nothing() -> None:
    assert list(chart([(0, 0)] * 30).rectangles()) == []
