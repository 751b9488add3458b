"""The embedded services: started twice, killed, half made, in unreachable folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from paasoo_portal import embedded
from paasoo_portal.embedded import processes
from paasoo_portal.embedded.owner import PRIVATE
from paasoo_portal.embedded.paths import LONGEST_SOCKET_FOLDER, key_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("embedded")]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders its services cannot reach")


@pytest.fixture(scope="module")
def running(shared_paths: embedded.Paths) -> embedded.Paths:
    """Both services, started."""
    embedded.start(shared_paths)
    return shared_paths


def rows(paths: embedded.Paths, query: str, database: str = "paasoo") -> list[tuple[object, ...]]:
    with embedded.Postgres(paths).connect(database) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def test_a_second_start_finds_both_running(running: embedded.Paths) -> None:
    first = embedded.Postgres(running).running(), embedded.Valkey(running).running()
    embedded.start(running)
    assert (embedded.Postgres(running).running(), embedded.Valkey(running).running()) == first
    assert None not in first


def test_the_roles_may_log_in_and_only_the_backup_passes_by_the_policies(running: embedded.Paths) -> None:
    found = rows(
        running,
        "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, rolbypassrls FROM pg_roles "
        "WHERE rolname LIKE 'paasoo%' ORDER BY 1",
    )
    assert found == [
        (f"paasoo_{name}", False, False, False, True, name == "backup")
        for name in ("app", "backup", "ingest", "owner", "worker")
    ]


def test_the_databases_belong_to_the_owner_and_refuse_strangers(running: embedded.Paths) -> None:
    owners = dict(
        rows(running, "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname LIKE 'paasoo%'")
    )
    assert owners == dict.fromkeys(embedded.database_names(), "paasoo_owner")
    rows(running, "CREATE ROLE stranger LOGIN")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        embedded.Postgres(running).connect("paasoo_ie", user="stranger")


def test_settings_that_durability_and_privacy_rest_on(running: embedded.Paths) -> None:
    shown = dict(rows(running, "SELECT name, setting FROM pg_settings"))
    expected = {
        "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
        "max_connections": "300", "max_wal_size": "2048", "wal_level": "replica", "listen_addresses": "",
        "server_encoding": "UTF8", "log_error_verbosity": "terse", "log_min_error_statement": "panic",
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected
    assert rows(running, "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'paasoo'") == [
        ("b", "C.UTF-8")
    ]


def test_what_was_committed_is_there_after_kill_9(paths: embedded.Paths) -> None:
    embedded.start(paths)
    with embedded.Postgres(paths).connect() as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (42)")  # the autocommit answer is the promise
    for service in (embedded.Postgres(paths), embedded.Valkey(paths)):
        os.kill(service.running() or 0, signal.SIGKILL)
    embedded.start(paths)
    assert rows(paths, "SELECT id FROM kept", "postgres") == [(42,)]


def test_a_pid_file_that_names_somebody_else_is_not_believed(paths: embedded.Paths) -> None:
    embedded.start(paths)
    embedded.stop(paths)
    # As after a reboot: the number in the file now belongs to another process of the same account.
    pid_file = paths.postgres_data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{paths.postgres_data}\n")
    (paths.valkey_data / "valkey.pid").write_text(f"{os.getpid()}\n")
    assert embedded.Postgres(paths).running() is None
    assert embedded.Postgres(paths).stop() is False
    embedded.start(paths)
    assert rows(paths, "SELECT 1") == [(1,)]


def test_a_half_made_cluster_is_made_anew(paths: embedded.Paths) -> None:
    left_over = paths.var / "postgres.new"
    left_over.mkdir(parents=True)
    (left_over / "base").write_text("half")
    embedded.start(paths)
    assert rows(paths, "SELECT 1") == [(1,)]
    assert not left_over.exists()


def test_a_folder_with_something_else_in_it_is_left_alone(paths: embedded.Paths) -> None:
    paths.postgres_data.mkdir(parents=True)
    (paths.postgres_data / "thesis.txt").write_text("do not lose")
    with pytest.raises(embedded.EmbeddedError, match="is not empty and holds no database cluster"):
        embedded.start(paths)
    assert (paths.postgres_data / "thesis.txt").read_text() == "do not lose"


def test_a_server_that_refuses_to_start_shows_why(paths: embedded.Paths) -> None:
    with pytest.raises(embedded.EmbeddedError, match="invalid value for parameter"):
        embedded.Postgres(paths, settings={"shared_buffers": "many"}).start(seconds=2)


def test_stop_leaves_no_process_and_says_whether_one_ran(paths: embedded.Paths) -> None:
    embedded.start(paths)
    pid = embedded.Postgres(paths).running() or 0
    assert embedded.Postgres(paths).stop() is True
    assert processes.birth(pid) is None
    assert embedded.Postgres(paths).stop() is False


def test_nobody_else_may_reach_sockets_or_data(running: embedded.Paths) -> None:
    for folder in (running.socket_dir, running.postgres_data, running.valkey_data):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_long_state_folder_has_its_sockets_elsewhere(tmp_path: Path) -> None:
    short, long = embedded.Paths(Path("/srv/paasoo/var")), embedded.Paths(tmp_path / ("long" * 30))
    assert short.socket_dir == Path("/srv/paasoo/var/run")
    assert len(str(long.socket_dir)) <= LONGEST_SOCKET_FOLDER
    assert long.socket_dir != embedded.Paths(tmp_path / ("other" * 30)).socket_dir


def test_a_socket_folder_made_by_somebody_else_is_refused(paths: embedded.Paths, tmp_path: Path) -> None:
    paths.var.mkdir(mode=0o711)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    paths.socket_dir.parent.mkdir(exist_ok=True)
    paths.socket_dir.symlink_to(elsewhere)
    with pytest.raises(embedded.EmbeddedError, match="Remove"):
        embedded.Valkey(paths).start()
    paths.socket_dir.unlink()


@root_only
def test_no_folder_is_opened_for_the_services(paths: embedded.Paths) -> None:
    closed = paths.var.parent
    closed.chmod(0o700)
    embedded.start(paths)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert paths.postgres_data.readlink() == PRIVATE / key_of(paths.var) / "postgres"
    assert rows(paths, "SELECT 1") == [(1,)]
    pid = embedded.Postgres(paths).running() or 0
    assert (processes.PROC / str(pid)).stat().st_uid != 0


@root_only
def test_a_deleted_state_folder_begins_empty(paths: embedded.Paths) -> None:
    paths.var.parent.chmod(0o700)
    embedded.start(paths)
    rows(paths, "CREATE DATABASE old")
    for name in ("postgres", "valkey"):
        (paths.var / name).unlink()
    with pytest.raises(embedded.EmbeddedError, match="still works on the deleted"):
        embedded.Postgres(paths).prepare()
    (paths.var / "postgres").symlink_to(PRIVATE / key_of(paths.var) / "postgres")
    (paths.var / "valkey").symlink_to(PRIVATE / key_of(paths.var) / "valkey")
    embedded.stop(paths)
    (paths.var / "postgres").unlink()
    embedded.start(paths)
    assert ("old",) not in rows(paths, "SELECT datname FROM pg_database")


@root_only
def test_a_copied_link_to_another_checkouts_data_is_refused(paths: embedded.Paths) -> None:
    paths.var.mkdir(mode=0o711)
    paths.postgres_data.symlink_to(PRIVATE / "somebody-elses" / "postgres")
    with pytest.raises(embedded.EmbeddedError, match="another checkout"):
        embedded.start(paths)


def test_the_command_line(paths: embedded.Paths) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "paasoo_portal.embedded", *arguments],
            env={**os.environ, "PAASOO_VAR": str(paths.var)}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert run("status").returncode == 3
    started = run("start")
    assert started.returncode == 0
    assert f"postgres: running, pid {embedded.Postgres(paths).running()}" in started.stdout
    assert run("psql", "paasoo_tw", "-Atc", "SELECT current_database()").stdout == "paasoo_tw\n"
    assert run("stop").returncode == 0
    assert "postgres: not running" in run("status").stdout
