"""What browsers load is ours, small, and fits one strict policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.template.loader import get_template
from lxml import etree

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SOURCES = [(path, path.read_text()) for path in TEMPLATES]


def test_style_and_script_stay_small() -> None:
    styles = [path for path in (ROOT / "static/css").glob("*.css") if path.name != "admin.css"]
    assert sum(path.stat().st_size for path in styles) <= 30_000
    assert sum(path.stat().st_size for path in (ROOT / "static/js").glob("*.mjs")) <= 10_000
    assert (ROOT / "static/icons.svg").stat().st_size <= 6_000


def test_styles_need_nothing_from_outside() -> None:
    for path in (ROOT / "static/css").glob("*.css"):
        text = path.read_text()
        assert "url(" not in text, path
        assert "@import" not in text, path


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_compile_and_hold_nothing_inline(path: Path) -> None:
    source = path.read_text()
    get_template(str(path.relative_to(ROOT / "templates")))
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|data:", source), path
    for attributes, script in re.findall(r"<script([^>]*)>(.*?)</script>", source, re.DOTALL):
        assert not script.strip() or 'type="application/json"' in attributes, path


def test_every_static_name_and_icon_exists() -> None:
    known = {symbol.get("id") for symbol in etree.parse(str(ROOT / "static/icons.svg")).iter("{*}symbol")}
    for path, source in SOURCES:
        for name in re.findall(r'{% static "([^"]+)" %}', source):
            assert finders.find(name), (path, name)
        for name in re.findall(r'{% icon "([^"]+)"', source):
            assert name in known, (path, name)


def test_collects_with_hashed_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    settings.STATIC_ROOT = tmp_path  # type: ignore[attr-defined]
    settings.STORAGES = {  # type: ignore[attr-defined]
        **settings.STORAGES,  # type: ignore[attr-defined]
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
    assert staticfiles_storage.url("css/tokens.css") != "/static/css/tokens.css"
