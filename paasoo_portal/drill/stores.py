"""Everything that an installation on the embedded services holds, as files; for `drill canary`. Hook `drill.stores`."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import redis
from django.conf import settings
from django.db import connections

from paasoo_portal.core.ids import uuid7
from paasoo_portal.drill.copies import refuse_elsewhere
from paasoo_portal.embedded import EmbeddedError, Postgres, program
from privacy.drill.stores import Store

_CONTROL: Final = "canary-control"
_DUMP: Final = "dumps made now"


class EmbeddedStores:
    """The services under PAASOO_VAR, and the folders that the settings name."""

    def __init__(self, aliases: list[str]) -> None:
        self.aliases = ["default", *aliases]
        self.postgres = Postgres(settings.PATHS)
        self._began = _newest_temporary()

    def all(self, folder: Path) -> list[Store]:
        with self.postgres.connect() as connection:
            connection.execute("CHECKPOINT")
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.execute_command("WAITAOF", 1, 0, 5000)
        for alias in self.aliases:
            _dump(self.postgres, _name(alias), folder / f"{alias}.dump")
        data = settings.PATHS.postgres_data
        return [
            Store("PostgreSQL's data files", self._data_files(), keeps_clear=True),
            Store("PostgreSQL's WAL", _files(data / "pg_wal"), keeps_clear=True),
            Store(_DUMP, _files(folder)),
            Store("Valkey's files", _files(settings.PATHS.valkey_data)),
            *[Store(name, _files(path)) for name, path in self._folders().items()],
            # Development writes mail to files instead of sending it.
            Store("mail that was sent", _files(Path(settings.EMAIL_FILE_PATH)), keeps_clear=True),
            Store("temporary files", [path for path in _temporary() if path not in self._began]),
        ]

    def key_files(self, alias: str) -> list[Path]:
        data = settings.PATHS.postgres_data
        with self.postgres.connect(_name(alias)) as connection:
            connection.execute("CHECKPOINT")
            found = connection.execute(
                "SELECT pg_relation_filepath(inhrelid::regclass) FROM pg_inherits "
                "WHERE inhparent = 'privacy_datakey'::regclass"
            ).fetchall()
        return [data / path for (path,) in found]

    @contextmanager
    def controls(self, needle: bytes) -> Iterator[None]:
        with ExitStack() as stack:
            for folder in [
                *self._folders().values(),
                Path(settings.EMAIL_FILE_PATH),
                Path(tempfile.gettempdir()),
            ]:
                path = folder / f"{_CONTROL}-{settings.DATABASE_PREFIX}"
                folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(needle)
                stack.callback(path.unlink)
            for alias in self.aliases[1:]:
                self._plant(alias, needle, stack)
            with redis.Redis.from_url(settings.REDIS_URL) as client:
                client.set(_CONTROL, needle)
                stack.callback(_forget_control)
            yield

    def _plant(self, alias: str, needle: bytes, stack: ExitStack) -> None:
        row = uuid7()
        with self.postgres.connect(_name(alias)) as connection:
            connection.execute(
                "INSERT INTO privacy_drillsample (id, account_id, sample_key_id, sample_sealed) VALUES (%s, %s, %s, %s)",
                [row, row, row, needle],
            )
        stack.callback(self._unplant, alias, row)

    def _unplant(self, alias: str, row: object) -> None:
        with self.postgres.connect(_name(alias)) as connection:
            connection.execute("DELETE FROM privacy_drillsample WHERE id = %s", [row])

    def _data_files(self) -> list[Path]:
        """Those of our databases, and what all databases share."""
        data = settings.PATHS.postgres_data
        names = [_name(alias) for alias in self.aliases]
        with self.postgres.connect() as connection:
            oids = connection.execute(
                "SELECT oid FROM pg_database WHERE datname = ANY(%s)", [names]
            ).fetchall()
        shared = [
            path for name in ("global", "pg_xact", "pg_multixact", "pg_stat") for path in _files(data / name)
        ]
        return [path for (oid,) in oids for path in _files(data / "base" / str(oid))] + shared

    def _folders(self) -> dict[str, Path]:
        return {
            "logs": settings.PATHS.log_dir,
            "media and exports": Path(settings.MEDIA_ROOT),
            "key snapshots": _path(settings.KEY_SNAPSHOT_URL),
            "the erasure journal": _path(settings.ERASURE_JOURNAL_URL),
            "the vault": _path(settings.KEY_VAULT_URL),
        }


def stores(*, aliases: list[str]) -> EmbeddedStores:
    """Hook `drill.stores`. Raises DrillImpossible when the databases are not the embedded ones."""
    refuse_elsewhere(aliases)
    return EmbeddedStores(aliases)


def _dump(postgres: Postgres, name: str, path: Path) -> None:
    done = subprocess.run(
        [str(program("pg_dump")), "-h", str(postgres.paths.socket_dir), "-p", "5432", "-U", "paasoo_backup", "-f", str(path), name],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise EmbeddedError(f"pg_dump failed: {done.stderr.strip()}")


def _forget_control() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(_CONTROL)


def _temporary() -> list[Path]:
    """Plain files right in the system's temporary folder, and in ours."""
    found = []
    for folder in {Path(tempfile.gettempdir()), settings.VAR}:
        found += [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
    return found


def _newest_temporary() -> set[Path]:
    return set(_temporary())


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def _path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _name(alias: str) -> str:
    return str(connections[alias].settings_dict["NAME"])
