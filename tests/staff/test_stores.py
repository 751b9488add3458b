"""What is stored outside the tables, found in the running product and in its settings: each of it is in the catalogue.

Cookies, keys in Valkey, queues, log files, uploads, and whatever lies under PAASOO_VAR. Keeps P-CAT-2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.db.models import FileField

from messaging.accept import counters
from messaging.rest import limits as rest_limits
from paasoo_portal.celery import app
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.valkey_keys import Prefix
from paasoo_portal.embedded import Paths
from privacy.catalogue import catalogue
from privacy.consent import register
from tests.pages.conftest import Cast, Send
from tests.pages.visitor import PASSWORD, Visitor
from tests.staff.test_matrix import Place, places, things

__all__ = ["places", "things"]
pytestmark = pytest.mark.django_db(databases="__all__")
ROOT = Path(settings.BASE_DIR)
OWN = ("paasoo_portal", "privacy", "accounts", "messaging")


def declared(kind: str) -> set[str]:
    return {str(store.name) for store in catalogue().stores if store.kind == kind}


def code() -> Iterator[tuple[str, str]]:
    for package in OWN:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def plain(name: str) -> str:
    """A cookie's name without the prefix that it has in production."""
    return name.removeprefix("__Host-")


def test_every_cookie_that_a_walk_gathers_is_declared_and_none_in_vain(
    cast: Cast, places: list[Place], alice: Visitor, bob: Visitor, nobody: Visitor
) -> None:
    seen: set[str] = set()
    for place in places:
        for visitor in (alice, bob, nobody):
            seen |= set(place.ask(visitor).cookies) | set(visitor.client.cookies)
    nobody.client.get("/prices/", {"lng": "zh-hans"})
    nobody.post_on("/cookies/", {"statistics": "yes"})
    nobody.client.get("/accounts/login/")
    seen |= set(nobody.client.cookies)
    assert {plain(name) for name in seen} == declared("cookie")
    assert {plain(cookie.name) for cookie in register.cookies()} == declared("cookie"), (
        "the notice says the same"
    )


def test_every_key_in_valkey_begins_as_declared(cast: Cast, send: Send, nobody: Visitor) -> None:
    send()
    rest_limits.count(uuid7())
    counters.wake("sg")
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        kept = {name.decode() for name in client.scan_iter(count=1000)}
    nobody.client.post("/accounts/login/", {"login": "alice@example.com", "password": "wrong"})
    nobody.client.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    nobody.client.post("/accounts/password/reset/", {"email": "alice@example.com"})
    kept |= {key.split(":", 2)[2] for key in caches["default"]._cache}
    known = declared("cache key")
    strange = {key for key in kept if not key.startswith(tuple(known)) and not key.startswith("_kombu")}
    assert not strange
    assert {prefix for prefix in known if any(key.startswith(prefix) for key in kept)} == known - {
        Prefix.KEY_USE
    }


def test_no_key_is_written_by_another_name() -> None:
    """Ours all begin with a name of core.valkey_keys, and each of those names is declared."""
    assert set(Prefix) == declared("cache key") - {"allauth"}
    for path, text in code():
        # Tags in a key service are no keys in Valkey.
        if not path.endswith(("core/valkey_keys.py", "vault/kms/ledger.py", "vault/kms/names.py")):
            assert '"paasoo:' not in text, path
            assert "'paasoo:" not in text, path
        for first in re.findall(
            r"\bcaches?(?:\[.*?\])?\.(?:add|set|get_or_set|incr|set_many)\(([^,)]*)", text
        ):
            assert first.startswith('f"{Prefix.'), (path, first)


def test_every_queue_is_declared_and_no_result_is_kept() -> None:
    patterns = declared("queue")
    for queue in app.conf.task_queues:
        assert any(fnmatch(queue.name, pattern) for pattern in patterns), queue.name
    app.loader.import_default_modules()
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result
    for entry in app.conf.beat_schedule.values():
        assert not entry.get("args"), "a task that beat sends names nobody"
        assert not entry.get("kwargs")


def covered(name: str) -> bool:
    """Whether a file or folder right under PAASOO_VAR is declared."""
    paths = [store.path for store in catalogue().stores if store.path]
    return any(fnmatch(name, path.split("/")[0]) for path in paths)


def test_every_log_file_and_upload_is_declared() -> None:
    for name, handler in settings.LOGGING["handlers"].items():
        file = handler.get("filename")
        assert file is None or covered(Path(file).relative_to(settings.VAR).parts[0]), name
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if isinstance(field, FileField):
                assert covered(str(field.upload_to).split("/")[0]), f"{model._meta.label}.{field.name}"
    folders = {found for _, text in code() for found in re.findall(r'MEDIA_ROOT\)? / "([^"]+)"', text)}
    media = [store.path for store in catalogue().stores if store.path.startswith("media/")]
    assert folders == {path.split("/")[1] for path in media}


def test_whatever_lies_under_the_state_folder_is_declared() -> None:
    paths = Paths(ROOT / "var")
    named = {
        path.relative_to(paths.var).parts[0]
        for path in vars(paths).values()
        if isinstance(path, Path) and path != paths.var and paths.var in path.parents
    }
    for _, text in code():
        named |= set(re.findall(r'\b(?:VAR|(?:self\.)?(?:paths\.)?var) / f?"([^"]+)"', text))
    assert {"beat-schedule", "run.json", "vault", "demo.json"} <= named
    for name in named:
        assert covered(re.sub(r"\{.*?\}", "x", name)), f"{name}: declare it as a Store with its path"


@pytest.mark.parametrize("store", [store for store in catalogue().stores if store.category is not None])
def test_a_store_of_personal_data_says_why_and_how_long(store: Any) -> None:
    assert store.purposes, store.name
    assert store.retention is not None, store.name
    if store.path:
        assert store.retention.days is not None, f"{store.name}: the night lets files go by their age"


def test_what_stands_elsewhere_is_declared_with_what_is_in_it() -> None:
    reasons = {store.name: store.reason for store in catalogue().stores}
    assert "ids and dates alone" in reasons["erasure journal"]
    assert "no epoch key" in reasons["key snapshots"]
    assert {store.kind for store in catalogue().stores} == {
        "back-up", "cache key", "cookie", "email", "file", "log", "queue", "recipient",
    }  # fmt: skip
