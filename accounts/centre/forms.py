"""The centre's forms."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.staff_roles import staff_with
from privacy.requests.models import Kind, Refusal

LONGEST: Final = 4000
_HINTS: Final[dict[str, Any]] = {
    Kind.RECTIFICATION: _("What is wrong, and what should stand there? What you can change in your profile needs no request."),
    Kind.OBJECTION: _("Which use, and what about your situation speaks against it? Against advertising you need no reason."),
    Kind.RESTRICTION: _("Which data may not be used for now, and why: are they wrong, or do you need them for a claim?"),
    Kind.ERASURE: _("Is there anything we should know? You may leave this empty."),
    Kind.OTHER: _("What would you like to know, or have done?"),
}  # fmt: skip


def _text(required: bool) -> forms.CharField:
    return forms.CharField(
        label=_("Your request"),
        required=required,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Say what you ask for")},
    )


class RequestForm(forms.Form):
    text = _text(required=True)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = _HINTS.get(kind, _HINTS[Kind.OTHER])


class ObjectionForm(RequestForm):
    """Restriction and objection share a door; the choice says which."""

    what = forms.ChoiceField(
        label=_("What do you ask for?"),
        choices=[
            (Kind.OBJECTION, _("I object to a use of my data")),
            (Kind.RESTRICTION, _("Stop using my data while a question is open")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two")},
    )
    field_order = ("what", "text")


class _Colleague(forms.ModelChoiceField):
    def label_from_instance(self, person: Any) -> str:
        return str(person.email)


class AssignForm(forms.Form):
    """To somebody of ours who may answer it."""

    to = _Colleague(
        label=_("Who looks after it"),
        queryset=None,
        empty_label=None,
        error_messages={"invalid_choice": _("Choose somebody who may answer requests")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = staff_with("privacy.change_rightsrequest")  # type: ignore[attr-defined]


class AskForm(forms.Form):
    """A visitor's request."""

    email = forms.EmailField(
        label=_("Your email address"),
        help_text=_("We send a link to it first, so that nobody asks in your name."),
        max_length=254,
        error_messages={
            "required": _("Enter your email address"),
            "invalid": _("Enter an email address such as name@example.com"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    kind = forms.ChoiceField(
        label=_("What do you ask for?"),
        choices=Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you ask for")},
    )
    text = _text(required=False)


class AnswerForm(forms.Form):
    """What an administrator or staff answer."""

    action = forms.ChoiceField(
        label=_("What do you do?"),
        choices=[
            ("answer", _("Answer it: it is done")),
            ("refuse", _("Refuse it")),
            ("extend", _("Take more time, because it is complex")),
        ],
        initial="answer",
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the three")},
    )
    ground = forms.ChoiceField(
        label=_("If you refuse: on what ground?"),
        choices=[("", _("None")), *Refusal.choices],
        required=False,
    )
    text = forms.CharField(
        label=_("What the person reads"),
        help_text=_("With a refusal we add how to complain and how to go to court."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write what the person should read")},
    )

    def __init__(self, *args: Any, more_until: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"].help_text = gettext("More time, once, is until %(day)s.") % {
            "day": formats.date_format(more_until)
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("action") == "refuse" and not values.get("ground"):
            self.add_error("ground", _("Choose the ground of the refusal"))
        return values
