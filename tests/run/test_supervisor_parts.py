"""The small parts of `make run`: what is asked, the log, the lock, the fingerprint, the closing words."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from paasoo_portal.embedded import Paths
from paasoo_portal.embedded.postgres import REGION_CODES
from paasoo_portal.supervisor import banner, config, console, fingerprint, plan
from paasoo_portal.supervisor.state import RunState


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    folder.mkdir()
    monkeypatch.setenv("PAASOO_VAR", str(folder))
    return folder


def test_without_a_variable_it_serves_this_machine_alone(var: Path) -> None:
    found = config.read()
    assert (found.host, found.port, found.url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert found.own_postgres and found.own_valkey and found.demo


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80a", "８０", " "])
def test_a_wrong_port_is_refused_with_an_example(
    var: Path, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(config.RunError, match="for example: make run PORT=8123"):
        config.read()


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000"), ("fd00::7", "http://[fd00::7]:8000")],
)
def test_the_address_shown_is_one_a_browser_can_open(
    var: Path, monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    monkeypatch.setenv("HOST", host)
    assert config.read().url == url


def test_managed_services_replace_the_embedded_ones_only_when_all_are_named(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.test/paasoo")
    monkeypatch.setenv("REDIS_URL_FILE", "/run/secrets/redis")
    assert config.read().own_postgres and not config.read().own_valkey
    for code in REGION_CODES:
        monkeypatch.setenv(f"DATABASE_URL_{code.upper()}", f"postgresql://db.test/paasoo_{code}")
    assert not config.read().own_postgres


def test_production_brings_neither_services_nor_demo(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAASOO_ENV", "production")
    found = config.read()
    assert not (found.own_postgres or found.own_valkey or found.demo)


def test_a_process_works_as_its_role_and_not_as_the_callers(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAASOO_ROLE", "owner")
    monkeypatch.setenv("PGPORT", "6543")
    found = plan.environment("app", config.read())
    assert found["PAASOO_ROLE"] == "app"
    assert "PGPORT" not in found
    assert found["PORTAL_URL"] == "http://127.0.0.1:8000"
    assert {part.name: part.role for part in plan.background()} == dict.fromkeys(
        ["dispatcher", "worker", "beat"], "worker"
    )


def test_the_log_keeps_no_secret_and_no_terminal_codes(tmp_path: Path) -> None:
    screen = StringIO()
    log = console.Console(tmp_path, screen)
    log.child(
        "postgres",
        "2026-01-31T12:00:00.123Z \x1b[31mERROR\x1b[0m key=abc to 447700900123 ada@example.com\x07",
    )
    log.show("password: shown-once")
    written = log.path.read_text()
    assert written.split(None, 2)[1:] == ["postgres", "ERROR key=[redacted] to [number] [email]\n"]
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert "shown-once" in screen.getvalue() and "shown-once" not in written


def test_the_log_goes_on_when_the_terminal_is_gone(tmp_path: Path) -> None:
    class Gone(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    log = console.Console(tmp_path, Gone())
    log.say("one")
    log.say("two")
    assert [line.split()[-1] for line in log.path.read_text().splitlines()] == ["one", "two"]


def test_the_log_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "LARGEST_FILE", 10)
    for number in range(6):
        console.Console(tmp_path, StringIO()).say(f"run {number}")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "paasoo.log", "paasoo.log.1", "paasoo.log.2", "paasoo.log.3",
    ]  # fmt: skip


def test_no_log_file_holds_more_than_a_month(tmp_path: Path) -> None:
    (tmp_path / "paasoo.log").write_text("2020-01-31T00:00:00Z web  an old line\n")
    log = console.Console(tmp_path, StringIO())
    log.say("today")
    assert "an old line" in (tmp_path / "paasoo.log.1").read_text()
    assert "an old line" not in log.path.read_text()
    log.path.write_text("2020-01-31T00:00:00Z web  written meanwhile\n")
    log._day -= timedelta(days=1)
    log.say("the day after")
    assert "written meanwhile" in (tmp_path / "paasoo.log.1").read_text()


def test_one_manager_for_each_state_folder(var: Path) -> None:
    first, second = RunState(Paths(var)), RunState(Paths(var))
    assert first.take()
    assert not second.take()
    first.write("http://127.0.0.1:8000", {"web": 1})
    assert second.read()["processes"]["web"]["pid"] == 1
    assert second.path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_run_file_is_no_obstacle(var: Path) -> None:
    state = RunState(Paths(var))
    for damage in ("", "[]", "{"):
        state.path.write_text(damage)
        assert state.read() == {}


def test_an_unchanged_start_is_known_and_any_change_is_not(var: Path) -> None:
    paths = Paths(var)
    known = fingerprint.Known(paths)
    assert known.is_new("cluster") and not known.covers("code", "cluster")
    known.remember("code", "cluster")
    assert known.covers("code", "cluster") and not known.is_new("cluster")
    assert not known.covers("other code", "cluster")
    assert not known.covers("code", "other cluster")
    paths.clock_file.write_text(str(timedelta(days=31).total_seconds()))
    assert not known.covers("code", "cluster")


def test_the_code_fingerprint_follows_the_content(tmp_path: Path) -> None:
    package = tmp_path / "privacy"
    package.mkdir()
    (package / "__init__.py").touch()
    (tmp_path / "requirements.txt").touch()
    before = fingerprint.code(tmp_path)
    assert fingerprint.code(tmp_path) == before
    (package / "migration.py").write_text("x = 1")
    assert fingerprint.code(tmp_path) != before


def test_the_closing_words_name_portal_people_key_and_a_line_to_send(var: Path) -> None:
    demo = {
        "portal_url": "http://127.0.0.1:8000",
        "users": [
            {"email": "ada@example.com", "password": "pw-1", "role": "administrator", "account": "Acme"}
        ],
        "staff": [{"email": "sam@example.com", "password": "pw-2", "role": "staff"}],
        "api": [{"account": "Acme", "key": "key12key12ke", "secret": "s&cret'", "region": "ie"}],
        "numbers": {"delivered": "447700900100"},
    }
    Paths(var).demo_json.write_text(json.dumps(demo))
    words = banner.text(config.read(), missing=["beat"])
    for expected in (
        "http://127.0.0.1:8000/",
        "ada@example.com",
        "pw-2",
        "key12key12ke",
        "Not ready yet: beat",
    ):
        assert expected in words
    line = next(line.strip() for line in words.splitlines() if line.strip().startswith("curl"))
    shown = subprocess.run(
        ["sh", "-c", f"echo {line[5:]}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert shown == (
        "-H Host: ie.localhost http://127.0.0.1:8000/json?key=key12key12ke&secret=s%26cret%27&from=PaaSoo"
        "&to=447700900100&text=Hello+from+PaaSoo"
    )


def test_without_demo_data_the_closing_words_show_none(var: Path) -> None:
    assert "Demo" not in banner.text(config.read(), missing=[])


def test_the_manager_imports_no_django(var: Path) -> None:
    script = "import sys, paasoo_portal.supervisor.manager; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
