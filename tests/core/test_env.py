"""Settings are read loudly: a slip names its variable, a secret may lie in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paasoo_portal import env


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANTED", raising=False)
    with pytest.raises(env.SettingMissing, match=r"Set WANTED\."):
        env.text("WANTED")
    with pytest.raises(env.SettingMissing, match="Set WANTED or WANTED_FILE"):
        env.secret("WANTED")


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (env.boolean, "true"),
        (env.boolean, "1"),
        (env.boolean, ""),
        (env.integer, "three"),
        (env.integer, "1.0"),
    ],
)
def test_a_malformed_variable_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, reader: Callable[..., Any], value: str
) -> None:
    monkeypatch.setenv("WANTED", value)
    with pytest.raises(env.SettingMissing, match="WANTED"):
        reader("WANTED", 1)


def test_well_formed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", "False")
    monkeypatch.setenv("NUMBER", "-3")
    monkeypatch.setenv("NAMES", " a, ,b ")
    assert env.boolean("FLAG", True) is False
    assert env.integer("NUMBER", 1) == -3
    assert env.names("NAMES", []) == ["a", "b"]
    assert env.names("OTHER_NAMES", ["c"]) == ["c"]


def test_a_secret_from_a_file_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("WANTED", "from the variable")
    monkeypatch.setenv("WANTED_FILE", str(tmp_path / "secret"))
    assert env.secret("WANTED") == "from the file"
    monkeypatch.setenv("WANTED_FILE", str(tmp_path / "none"))
    with pytest.raises(env.SettingMissing, match="WANTED_FILE"):
        env.secret("WANTED")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "postgresql://us%40er:p%2Fw@db.test:5433/name?sslmode=verify-full",
            ("name", "us@er", "p/w", "db.test", "5433", {"sslmode": "verify-full"}),
        ),
        ("postgresql:///name?host=/a/socket&user=me", ("name", "me", "", "/a/socket", "", {})),
    ],
)
def test_database_urls(url: str, wanted: tuple[Any, ...]) -> None:
    found = env.database(url)
    assert tuple(found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == wanted


def test_wrong_urls_are_refused() -> None:
    for url in ("mysql://a/b", "sqlite:///x", ""):
        with pytest.raises(env.SettingMissing):
            env.database(url)
    for url in ("smtps://mail.test", "smtp://", "mail.test:587"):
        with pytest.raises(env.SettingMissing):
            env.smtp(url)


def test_mail_urls() -> None:
    found = env.smtp("smtp://a%40b:c%3Ad@mail.test")
    assert (found.host, found.port, found.user, found.password) == ("mail.test", 587, "a@b", "c:d")
