"""The form of the public check: a certificate file, pasted or uploaded. Nothing of it is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.certificates import envelope, strict
from privacy.certificates.envelope import Envelope


class CheckForm(forms.Form):
    """Either way; a file goes before what is pasted."""

    file = forms.FileField(
        label=gettext_lazy("Certificate file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste what is in it"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off", "class": "mono"}
        ),
    )
    read: Envelope | None = None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        uploaded: UploadedFile | None = values.get("file")
        pasted: str = values.get("text") or ""
        if uploaded is None and not pasted.strip():
            self.add_error("file", _("Choose a certificate file, or paste what is in it"))
            return values
        name = "file" if uploaded is not None else "text"
        content = (
            uploaded.read(strict.LARGEST + 1) if uploaded is not None else pasted.encode("utf-8", "replace")
        )
        try:
            self.read = envelope.read(content)
        except strict.Unreadable as refused:
            self.add_error(name, str(refused.user))
        return values
