"""On an old copy of a database nothing starts, and each process says what it is and what to run; /readyz says it too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connections

from paasoo_portal.core import health
from privacy import boot, journal
from privacy.journal import guard
from privacy.retention.models import RetentionRun
from tests.privacy.conftest import as_owner
from tests.processes.test_refusal import STARTS

pytestmark = pytest.mark.fresh
WEB = {"portal", "web with door"}


def url(alias: str, role: str) -> str:
    given = connections[alias].settings_dict
    return f"postgresql:///{given['NAME']}?host={given['HOST']}&user=paasoo_{role}"


def start(name: str) -> subprocess.CompletedProcess[str]:
    """The process, beside this test's databases, vault and journal."""
    role = "app" if name in WEB else "worker"
    suffixes = {alias: "" if alias == "default" else f"_{alias.upper()}" for alias in connections}
    environ = {f"DATABASE_URL{suffix}": url(alias, role) for alias, suffix in suffixes.items()}
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + STARTS[name]],
        cwd=Path(django_settings.BASE_DIR),
        env={**os.environ, **environ, "PAASOO_ROLE": role},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def grow_old(alias: str) -> None:
    """As a copy of a moment before the newest erasure."""
    with journal.erasing("messages", database=alias, account=str(os.getpid()), ids=[]) as erasure:
        pass
    with as_owner(alias) as connection:
        connection.execute("DELETE FROM privacy_journalmark WHERE number = %s", [erasure.number])
    guard.forget()


@pytest.mark.parametrize("name", sorted(set(STARTS) - {"check"}))
def test_nothing_starts_on_an_old_copy(name: str, committed: None) -> None:
    if name in WEB:
        assert start(name).returncode == 0, "beside its marks it starts"
    grow_old("default")
    done = start(name)
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert "default: DatabaseBehind" in told
    assert "manage.py erasures replay" in told


def test_a_database_that_is_down_stops_nobody(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its region refuses; the others serve."""
    alias = django_settings.TRAFFIC_ALIASES[0]
    connections[alias].close()
    with monkeypatch.context() as patched:
        patched.setitem(connections[alias].settings_dict, "NAME", "paasoo_that_is_not_there")
        boot.refuse_unsafe()
    connections[alias].close()


def test_readyz_and_the_status_say_which(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    alias: str = django_settings.TRAFFIC_ALIASES[0]
    assert boot.disagreements() == {}
    assert health.parts()["journal"] == {"ok": True}
    for one in ("default", alias):
        grow_old(one)
    parts = health.parts()
    assert parts["journal"] == {"ok": False, "error": "DatabaseBehind"}
    assert parts[f"vault.{alias}"] == {"ok": False, "error": "DatabaseBehind"}
    answer = erasures("status", code=1)
    assert set(answer["disagreements"]) == {"default", alias}
    assert {one["database"]: one["outstanding"] for one in answer["databases"]}[alias] == 1


def test_a_region_is_not_enforced_beside_an_old_control_plane(committed: None) -> None:
    """Its certificates would follow the old end of the chain: a second history, which no replay could join."""
    grow_old("default")
    alias: str = django_settings.TRAFFIC_ALIASES[0]
    answer = erasures("replay", "--database", alias, code=1)
    assert set(answer["disagreements"]) == {"default"}
    assert not RetentionRun.objects.filter(database=alias).exists()


def erasures(*arguments: str, code: int = 0) -> dict[str, Any]:
    out = StringIO()
    try:
        call_command("erasures", *arguments, "--json", stdout=out)
        ended = 0
    except SystemExit as end:
        ended = int(end.code or 0)
    assert ended == code
    told: dict[str, Any] = json.loads(out.getvalue())
    return told
