"""The form for a webhook, new or changed."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from messaging.webhooks.models import Topic
from paasoo_portal.core import outbound
from paasoo_portal.core.names import plain_name

TOPICS = [choice for choice in Topic.choices if choice[0] != Topic.TEST]
_WHY = {
    "bad_port": _("Use the port 443: others are not called"),
    "bad_url": _("Enter a URL without a name and password, such as https://www.example.com/paasoo"),
}


class WebhookForm(forms.Form):
    url = forms.URLField(
        label=_("URL"),
        help_text=_("Your server takes POST requests here. Begins with https://."),
        max_length=500,
        validators=[plain_name],
        assume_scheme="https",
        error_messages={
            "required": _("Enter the URL to call"),
            "invalid": _("Enter a URL such as https://www.example.com/paasoo"),
        },
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Name"),
        help_text=_("What receives it, such as “Order system”, so that you know it again."),
        max_length=80,
        validators=[plain_name],
        error_messages={"required": _("Enter a name for the webhook")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    topics = forms.MultipleChoiceField(
        label=_("Which last states of a message shall be told?"),
        choices=TOPICS,
        initial=[value for value, _label in TOPICS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one state")},
    )

    def clean_url(self) -> str:
        """Judged as far as that goes without the network; a call judges the address again."""
        url: str = self.cleaned_data["url"]
        if not url.startswith("https://") and not settings.OUTBOUND_ALLOW_LOOPBACK:
            raise forms.ValidationError(_("Use https://, so that nobody on the way reads or alters the call"))
        try:
            outbound.check_url(url)
        except outbound.OutboundRefused as refused:
            raise forms.ValidationError(_WHY.get(refused.code, _WHY["bad_url"])) from None
        return url
