"""What templates are made with: icons, fields, error summaries, and times in the reader's own zone, named."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    Form,
    RadioSelect,
)
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, to_locale

from paasoo_portal.core import clock
from paasoo_portal.core.charts import Bars

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A decorative icon of the sprite; the word beside it carries the meaning."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """The languages on offer: code, and name in its own words."""
    return list(settings.LANGUAGES)


@register.filter
def tag(code: str) -> str:
    """A language's tag after BCP 47: zh-hans → zh-Hans."""
    return to_locale(code or settings.LANGUAGE_CODE).replace("_", "-")


@register.simple_tag(takes_context=True)
def again(context: template.Context, name: str) -> str:
    """Render a block a second time: the page's h1 is its title, so both come from one block."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return SafeString(block.render(context).strip())


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, unit: str = "") -> dict[str, Any]:
    """A labelled field with its hint and error, bound together for screen readers."""
    widget = bound.field.widget
    return {
        "field": bound,
        "unit": unit,
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
        "is_checkbox": isinstance(widget, CheckboxInput),
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: Form | str | None) -> dict[str, Any]:
    """What is wrong with a form, first on the page, each error linking to its field."""
    if not isinstance(form, BaseForm) or not form.is_bound:
        return {"errors": []}
    found = [(_target(form), text) for text in form.non_field_errors()]
    for bound in form:
        found += [(bound.id_for_label or bound.auto_id, text) for text in bound.errors]
    return {"errors": found}


def _target(form: Form) -> str:
    first = next(iter(form.visible_fields()), None)
    return (first.id_for_label or first.auto_id) if first is not None else ""


@register.inclusion_tag("components/chart.html")
def bars(chart: Bars, id: str) -> dict[str, Any]:
    """A chart with its table; `id` must be unique on the page."""
    return {"chart": chart, "id": id}


@register.simple_tag
def when(moment: datetime | None, style: str = "full") -> SafeString | str:
    """A moment in the reader's zone; `style` is full (which names the zone), short (day and time) or time.

    The foot of each page of the signed-in names the zone for the others.
    """
    if moment is None:
        return "–"
    local = timezone.localtime(moment)
    if style == "time":
        text = formats.time_format(local, "H:i:s")
    elif style == "short":
        text = _("%(day)s, %(time)s") % {
            "day": formats.date_format(local, _short(local.date())),
            "time": local.strftime("%H:%M"),
        }
    else:
        text = _("%(day)s, %(time)s %(zone)s") % {
            "day": formats.date_format(local, "DATE_FORMAT"),
            "time": local.strftime("%H:%M:%S"),
            "zone": local.tzname(),
        }
    return format_html('<time datetime="{}">{}</time>', moment.strftime("%Y-%m-%dT%H:%M:%SZ"), text)


@register.simple_tag
def on(day: date | None, style: str = "full") -> SafeString | str:
    """A day; retention's days are UTC days and stay so in every zone. `style` short leaves out the present year."""
    if day is None:
        return "–"
    return format_html(
        '<time datetime="{}">{}</time>',
        day.isoformat(),
        formats.date_format(day, "DATE_FORMAT" if style == "full" else _short(day)),
    )


def _short(day: date) -> str:
    if day.year == clock.today().year:
        return pgettext("short day, as a Django date format", "j M")
    return pgettext("short day of another year, as a Django date format", "j M Y")


@register.simple_tag
def zone() -> str:
    """The name of the reader's time zone, as in “Europe/Dublin”."""
    return timezone.get_current_timezone_name()


@register.filter
def amount(value: Decimal | None, currency: str = "EUR") -> str:
    """Money: at least two decimals, as many as the price has, with its currency."""
    if value is None:
        return "–"
    exact = value.normalize()
    exponent = exact.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    number = formats.number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)
    return _("%(amount)s %(currency)s") % {"amount": number, "currency": currency}


@register.filter
def cents(value: Decimal | None, currency: str = "EUR") -> str:
    """A sum of money to the cent, for figures at a glance."""
    return amount(None if value is None else round(value, 2), currency)


@register.filter
def whole(value: int | None) -> str:
    """A count with thousands separators."""
    return "–" if value is None else formats.number_format(value, 0, use_l10n=True, force_grouping=True)
