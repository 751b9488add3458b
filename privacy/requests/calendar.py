"""When an answer is due: so many months or days by Regulation 1182/71, in Irish working days. Keeps P-RGT-2.

The day of receipt is not counted; a period of a month ends on the day of the same number, or the last of a shorter
month; one that ends on a Saturday, a Sunday or a public holiday ends with the next working day (Art. 3). Public
holidays: Organisation of Working Time Act 1997, second schedule, as amended in 2022.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import cache


def due_on(received_on: date, months: int, days: int = 0) -> date:
    """The last day for an answer to what was received on a day."""
    end = _months_later(received_on, months) + timedelta(days=days)
    while not is_working_day(end):
        end += timedelta(days=1)
    return end


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in holidays(day.year)


@cache
def holidays(year: int) -> frozenset[date]:
    """Ireland's ten public holidays of a year."""
    return frozenset(
        {
            date(year, 1, 1),
            _brigid(year),
            date(year, 3, 17),
            easter(year) + timedelta(days=1),
            _first_monday(year, 5),
            _first_monday(year, 6),
            _first_monday(year, 8),
            _last_monday(year, 10),
            date(year, 12, 25),
            date(year, 12, 26),
        }
    )


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _brigid(year: int) -> date:
    """The first Monday of February, or 1 February itself where that is a Friday."""
    first = date(year, 2, 1)
    return first if first.weekday() == 4 else _first_monday(year, 2)


def _first_monday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(7 - first.weekday()) % 7)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, calendar.monthrange(year, month)[1])
    return last - timedelta(days=last.weekday())


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
