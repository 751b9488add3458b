"""Typed readers of the environment that fail loudly and name the variable.

A secret NAME may also be given as NAME_FILE, the path of a file that holds it.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


class SettingMissing(Exception):
    """A setting that this environment needs is absent or malformed; the text names it."""


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name)
    if value is not None:
        return value
    if default is None:
        raise SettingMissing(f"Set {name}.")
    return default


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value not in {"True", "False"}:
        raise SettingMissing(f"{name} must be the word True or False.")
    return value == "True"


def integer(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise SettingMissing(f"{name} must be a whole number.") from error


def names(name: str, default: list[str]) -> list[str]:
    value = os.environ.get(name)
    return default if value is None else [part.strip() for part in value.split(",") if part.strip()]


def secret(name: str, default: str | None = None) -> str:
    """The secret NAME, or the content of the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE")
    if path is not None:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingMissing(f"{name}_FILE cannot be read.") from error
    try:
        return text(name, default)
    except SettingMissing as error:
        raise SettingMissing(f"Set {name} or {name}_FILE.") from error


def database(url: str) -> dict[str, object]:
    """Django's database settings from a `postgresql://user:password@host:port/name?host=/socket` URL."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise SettingMissing("A database URL starts with postgresql://.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or query.pop("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
    }


class Smtp:
    """Where mail is handed over, from an `smtp://user:password@host:port` URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "smtp" or not parts.hostname:
            raise SettingMissing("EMAIL_URL must look like smtp://user:password@host:587.")
        self.host, self.port = parts.hostname, parts.port or 587
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")


def smtp(url: str) -> Smtp:
    return Smtp(url)
