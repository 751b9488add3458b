"""Whatever is named somewhere exists, and whatever exists is reachable: tasks, queues, hooks, templates, URLs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.core.checks import run_checks
from django.template import engines
from django.urls import URLPattern, URLResolver, get_resolver

from paasoo_portal.celery import app
from paasoo_portal.core import hooks

ROOT = Path(settings.BASE_DIR)
OWN = ("paasoo_portal", "privacy", "accounts", "messaging")
# Endpoints that no account's permission guards, each with its reason.
PUBLIC = {
    "healthz": "the process answers; says nothing else",
    "readyz": "the parts' names and states; no data",
    "welcome": "the way in for visitors",
    "prices": "public prices",
    "policy": "the privacy policy in force",
    "policy_version": "an earlier privacy policy",
    "sub_processors": "who works for us",
    "end_users": "the same answer to everybody who got a message",
    "status": "how regions are, in words",
    "accessibility": "the accessibility statement",
    "reference": "the API reference",
    "reference_call": "the API reference",
    "reference_classic": "the API reference",
    "cookies": "one's own cookies and choices",
    "cookie_choice": "one's own choice",
    "gpc": "that the Global Privacy Control is honoured",
    "certificate_check": "whoever has a certificate file checks it here; nothing is kept",
    "certificate_head": "the signed head of the chain of certificates, and hashes that prove it",
    "account_open": "for the signed-in who have no account yet; asks for sign-in itself",
    "invitation_follow": "whoever has the link; looks up its token and nothing else",
    "invitation_accept": "whoever followed a link; lets in the address it was sent to alone",
    "privacy_centre": "everybody's rights: the doors, or for visitors the ways to them",
    "privacy_clocks": "published periods and the laws behind them",
    "privacy_held": "one's own data; asks for sign-in itself",
    "privacy_export": "one's own copies; asks for sign-in itself, and for the permission of an account's",
    "export_fetch": "one's own copy, or the account's for who may have it; asks for sign-in itself",
    "policy_seen": "says that one has read a notice; asks for sign-in itself",
    "privacy_delete": "one's own data; asks for sign-in itself",
    "privacy_deleted": "what is shown to who was erased; no data",
    "requests": "one's own requests; asks for sign-in itself",
    "request_new": "one's own request; asks for sign-in itself",
    "request": "one's own request; asks for sign-in itself",
    "ask": "visitors ask here",
    "ask_confirm": "whoever has the link; opens its request and nothing else",
    "staff_duty": "staff accept their duty; asks for sign-in itself, and is nobody else's",
    "profile": "one's own, for people without an account too; asks for sign-in itself",
    "language": "one's own language; asks for sign-in itself",
    "sessions_end": "one's own sessions; asks for sign-in itself",
    "account_switch": "moves between one's own accounts; asks for sign-in itself",
}
# Whole families with an authentication of their own.
FAMILIES = {
    "allauth": "people who are not signed in yet, and their own sign-in",
    "admin": "staff, by Django's own check on every view",
    "messaging.classic": "programs, by key and secret",
    "messaging.rest": "programs, by key and secret, each with the scope its method needs",
    "paasoo_portal.development": "whoever works on the portal; in production there are none",
}


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_what_beat_calls_is_registered(tasks: dict[str, Any]) -> None:
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert named <= set(tasks), named - set(tasks)


def test_every_queue_that_is_named_is_consumed(tasks: dict[str, Any]) -> None:
    consumed = {queue.name for queue in app.conf.task_queues}
    assert app.conf.task_default_queue in consumed
    assert {f"region.{code}" for code in settings.REGIONS} <= consumed
    for task in tasks.values():
        assert getattr(task, "queue", None) in consumed | {None}, task.name
    for entry in app.conf.beat_schedule.values():
        assert entry.get("options", {}).get("queue") in consumed | {None}


def test_every_task_is_called_by_somebody(tasks: dict[str, Any]) -> None:
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    sources = "\n".join(path.read_text() for folder in OWN for path in (ROOT / folder).rglob("*.py"))
    for name, task in tasks.items():
        calls = sources.count(f'"{name}"') > 1 or f"{task.__name__}.delay" in sources
        assert name in named or calls or f"{task.__name__}.apply_async" in sources, name


def test_nothing_is_begun_in_the_last_hour_of_a_day() -> None:
    """A run there would have another day than its cut-off."""
    for name, entry in app.conf.beat_schedule.items():
        if isinstance(entry["schedule"], crontab):
            assert 23 not in entry["schedule"].hour, name


def test_tasks_carry_ids_and_dates_only(tasks: dict[str, Any]) -> None:
    for name, task in tasks.items():
        for parameter in inspect.signature(inspect.unwrap(task.run)).parameters.values():
            if parameter.name != "self":
                assert str(parameter.annotation).replace(" | None", "") in {"str", "int"}, (name, parameter)


def test_hooks_resolve_and_are_asked_for() -> None:
    sources = "\n".join(path.read_text() for folder in OWN for path in (ROOT / folder).rglob("*.py"))
    for name in settings.HOOKS:
        assert all(callable(handler) for handler in hooks.handlers(name)), name
        assert re.search(rf'(call|handlers)[(,]\s*"{re.escape(name)}"', sources), (
            f"nobody calls the hook {name}"
        )


def test_djangos_checks_are_content() -> None:
    assert [found for found in run_checks() if found.level >= 30 and not found.is_silenced()] == []


def templates() -> list[str]:
    return sorted(
        path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.*")
    )


@pytest.mark.parametrize("name", templates())
def test_every_template_compiles(name: str) -> None:
    engines["django"].get_template(name)


def test_no_template_holds_script_style_or_a_foreign_address() -> None:
    for name in templates():
        text = (ROOT / "templates" / name).read_text()
        for forbidden in (
            "<style",
            " style=",
            "onclick=",
            "onchange=",
            "onsubmit=",
            "javascript:",
            "autoescape off",
        ):
            assert forbidden not in text or name.endswith(".txt"), (name, forbidden)
        # Only what the template itself spells out may be marked as safe.
        assert not re.search(r"[^\"']\|safe\b", text), name
        for opening in text.split("<script")[1:]:
            attributes = opening.split(">")[0]
            assert "src=" in attributes or 'type="application/json"' in attributes, name


def patterns(resolver: Any = None, family: str = "") -> Iterator[tuple[str, URLPattern, str]]:
    """Every URL with its name and the module (or the admin) that its family comes from."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            module = getattr(entry.urlconf_module, "__name__", "") or entry.app_name or family
            yield from patterns(entry, module)
        else:
            yield entry.name or str(entry.pattern), entry, family


def test_every_url_is_a_page_with_a_permission_or_listed_here() -> None:
    loose = [
        (name, family)
        for name, entry, family in patterns()
        if not hasattr(entry.callback, "permission")
        and name not in PUBLIC
        and not family.startswith(tuple(FAMILIES))
    ]
    assert loose == []
    assert set(PUBLIC) <= {name for name, _, _ in patterns()}, "a listed endpoint is gone"
