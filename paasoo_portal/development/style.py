"""Every component in every state on one page, to be looked at before and after a change of style."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from paasoo_portal.core import clock
from paasoo_portal.core.charts import Bars, Series

TONES: tuple[tuple[str, str, str | Promise], ...] = (
    ("", "help", _("Neutral")),
    ("good", "done", _("Good")),
    ("info", "clock", _("Under way")),
    ("warn", "warn", _("Look here")),
    ("bad", "failed", _("Bad")),
)


class Sample(forms.Form):
    """One field of each kind."""

    text = forms.CharField(label=_("Text"), help_text=_("With a hint."), max_length=40)
    optional = forms.CharField(label=_("Optional"), required=False)
    days = forms.IntegerField(label=_("Days"), min_value=0)
    choice = forms.ChoiceField(label=_("Choice"), choices=[("a", _("First")), ("b", _("Second"))])
    radio = forms.ChoiceField(
        label=_("One of these"), choices=[("no", _("No")), ("yes", _("Yes"))], widget=forms.RadioSelect
    )
    tick = forms.BooleanField(label=_("I have read it"), help_text=_("A single box."))
    long = forms.CharField(label=_("Long text"), widget=forms.Textarea(attrs={"rows": 3}))

    def clean_text(self) -> str:
        raise ValidationError(_("Give a text of at most 40 characters."))


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    days = [today - timedelta(days=back) for back in range(29, -1, -1)]
    chart = Bars(
        _("Messages sent"),
        days,
        [
            Series(_("Delivered"), "good", [180 + place * 7 % 60 for place in range(30)]),
            Series(_("Failed"), "bad", [place * 5 % 17 for place in range(30)]),
        ],
    )
    notices = [
        Message(level, str(text))
        for level, text in (
            (constants.INFO, _("Something to know.")),
            (constants.SUCCESS, _("It is done.")),
            (constants.WARNING, _("Something to look at.")),
            (constants.ERROR, _("It did not work, and this is why.")),
        )
    ]
    return render(
        request,
        "development/style.html",
        {
            "form": Sample({"days": "-1"}),
            "untouched": Sample(prefix="untouched"),
            "tones": TONES,
            "chart": chart,
            "notices": notices,
            "tabs": [
                {"label": _("One"), "url": request.path, "current": True},
                {"label": _("Two"), "url": f"{request.path}?two", "current": False},
            ],
            "page": {"newer": "?newer", "older": "?older"},
            "now": clock.now(),
            "today": today,
        },
    )
