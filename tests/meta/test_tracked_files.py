"""What is committed: no machine's path, no registry, no secret, no real person's number, no overlong module."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = {
    ".py",
    ".html",
    ".txt",
    ".md",
    ".in",
    ".toml",
    ".js",
    ".css",
    ".lua",
    ".yml",
    ".yaml",
    ".json",
    ".cfg",
    "",
}
LONGEST_MODULE = 400
ALLOWED_MODULES: dict[str, str] = {}


@cache
def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8", errors="replace"))
        for path in tracked()
        if path.suffix in TEXT and path != Path(__file__).resolve()
    ]


@pytest.mark.parametrize(
    "forbidden",
    [
        r"--(extra-)?index-url[ =]\S", r"--trusted-host[ =]\S", r"--find-links[ =]\S", r"https?://[\w.-]*pypi[\w.-]*/simple",
        r"(?<![\w/])/work/", r"/home/\w+/", r"/Users/\w+/", r"(?<![\w/.])/root/", r"C:\\\\Users",
    ],
)  # fmt: skip
def test_no_registrys_address_and_no_machines_path(forbidden: str) -> None:
    found = [name for name, text in texts() if re.search(forbidden, text)]
    assert found == []


def test_no_secret_of_a_known_shape() -> None:
    shapes = r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bxox[bp]-\w{10,}|\bsk_live_\w+"
    assert [name for name, text in texts() if re.search(shapes, text)] == []


def test_mail_addresses_are_of_domains_nobody_owns() -> None:
    address = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
    reserved = re.compile(r"(^|\.)(example|test|invalid|localhost)(\.(com|org|net))?$")
    found = {
        (name, domain)
        for name, text in texts()
        if not name.startswith("requirements")
        for domain in address.findall(text)
        if not reserved.search(domain.lower()) and not re.fullmatch(r"[\d.]+", domain)
    }
    assert {(name, domain) for name, domain in found if "paasoo" not in domain} == set()


def test_british_and_american_numbers_are_reserved_for_fiction() -> None:
    british = re.compile(r"(?<![\w.-])\+?44\s?7\d{3}\s?\d{6}(?!\w)")
    american = re.compile(r"(?<![\w.-])\+?1\s?[2-9]\d{2}\s?[2-9]\d{2}\s?\d{4}(?!\w)")
    for name, text in texts():
        if name.startswith(("requirements", "static/")):
            continue
        for found in british.findall(text):
            assert re.sub(r"\D", "", found).startswith("447700900"), (name, found)
        for found in american.findall(text):
            digits = re.sub(r"\D", "", found)
            assert digits[4:8] == "5550" or len(set(digits)) < 4, (name, found)


def test_modules_are_short_and_open_with_what_they_are_for() -> None:
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix != ".py" or "/migrations/" in name:
            continue
        text = path.read_text()
        assert text.count("\n") <= LONGEST_MODULE or name in ALLOWED_MODULES, name
        if path.name not in {"__init__.py", "apps.py", "__main__.py"} and text.strip():
            assert text.lstrip().startswith(('"""', "#!")), f"{name} has no docstring"


def test_nothing_is_left_to_be_done_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    own = ("paasoo_portal/", "privacy/", "accounts/", "messaging/", "templates/")
    assert [name for name, text in texts() if name.startswith(own) and marks.search(text)] == []


def test_the_products_clock_is_the_only_one() -> None:
    others = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|timezone\.now\(")
    allowed = {
        "paasoo_portal/core/clock.py": "is the clock",
        "privacy/retention/clock_guard.py": "holds the product's clock against the machine's and the database's",
    }
    own = ("paasoo_portal/core/", "privacy/", "accounts/", "messaging/")
    found = {name for name, text in texts() if name.startswith(own) and others.search(text)}
    assert found <= set(allowed), found - set(allowed)
