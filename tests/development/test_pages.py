"""The pages for whoever works on the portal keep every rule of the others, and are gone in production."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import mail as django_mail

from paasoo_portal.core import mail
from scripts.lint import production
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(settings: object, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_FILE_PATH = tmp_path  # type: ignore[attr-defined]
    return tmp_path


def test_shows_every_component() -> None:
    page = Visitor().get("/development/style/")
    assert page.title.startswith("Error: Style")
    assert len(page.all(".field-error")) >= 5
    assert page.all(".chart rect")


def test_shows_what_was_written_with_its_text_and_its_html(written: Path) -> None:
    context = {"activate_url": "https://portal.example/accounts/confirm-email/abc/"}
    mail.send("account/email/email_confirmation", "ana@example.com", context, language="en")
    visitor = Visitor()
    assert visitor.get("/development/outbox/").texts("tbody td a") == ["Confirm your email address"]
    path = visitor.get("/development/outbox/").links()[0]
    page = visitor.get(path)
    assert context["activate_url"] in page.links()
    assert "company no. 675998" in page.text
    html = visitor.client.get(f"{path}html/")
    assert b'href="https://portal.example/accounts/confirm-email/abc/"' in html.content
    assert b"style" not in html.content.lower()
    assert b"<h1>" in html.content


def test_says_what_will_be_there(written: Path) -> None:
    assert "will appear here" in Visitor().get("/development/outbox/").text
    Visitor().get("/development/outbox/0123456789abcdef/", status=404)


def test_a_name_cannot_break_out_of_the_html() -> None:
    message = django_mail.EmailMultiAlternatives(
        "<b>Hi", '<script>1</script>\n\nhttps://x.example/"onclick=1\n'
    )
    mail.add_html(message)
    html = str(message.alternatives[0][0])
    assert "<script>" not in html
    assert "<b>Hi" not in html
    assert '"onclick' not in html


def test_production_has_none_of_them() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.urls import get_resolver\n"
        "print([str(entry.pattern) for entry in get_resolver().url_patterns])"
    )
    environment = {
        **os.environ, **production(), "DJANGO_SETTINGS_MODULE": "paasoo_portal.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "accounts/" in done.stdout
    assert "development" not in done.stdout
