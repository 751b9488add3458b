"""Fixtures of the engine's tests: a region with keys and a vault of its own, really committed, and accounts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from botocore.retries.standard import ExponentialBackoff
from django.conf import settings as django_settings
from django.db import connections
from psycopg import sql

from paasoo_portal.core import clock, hooks, partitions
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy import journal, keys
from privacy.certificates.models import Certificate
from privacy.journal import guard as journal_guard
from privacy.keys import epochs
from privacy.keys.datakey import DataKey
from privacy.keys.models import DataClass
from privacy.keys.vault import FolderVault, Vault, vault
from privacy.keys.vault.kms import KmsVault
from privacy.keys.vault.kms.api import Api
from privacy.retention import enforce
from tests.privacy.kms import CREDENTIALS, REGION, Account, Front, Moto

TABLES = {
    "traffic": [
        "privacy_epoch",
        "privacy_keytombstone",
        "privacy_journalmark",
        "privacy_preservation",
        "messaging_preservedmessage",
        "messaging_erasedday",
        "messaging_erasedmessage",
        "messaging_erasedusage",
    ],
    "control": [
        "privacy_journalmark",
        "privacy_certificate",
        "privacy_certificateblock",
        "privacy_retentionrun",
        "privacy_retentioninstruction",
        "privacy_clockmark",
        "privacy_legalhold",
        "privacy_case",
        "privacy_preservedperson",
    ],
}


PLACES = ("KEY_VAULT_URL", "ERASURE_JOURNAL_URL", "KEY_SNAPSHOT_URL")


def as_owner(alias: str, user: str = "paasoo_owner") -> psycopg.Connection[Any]:
    """A connection of the owner's role beside Django's, for what no other role may do."""
    given = connections[alias].settings_dict
    return psycopg.connect(
        dbname=given["NAME"],
        user=user,
        host=given["HOST"],
        port=given["PORT"] or None,
        autocommit=True,
    )


def reset(alias: str) -> None:
    """No keys, no epochs, no evidence: as after the first migration."""
    with as_owner("default") as connection:
        connection.execute(f"TRUNCATE {', '.join(TABLES['control'])}")
    with as_owner(alias) as connection:
        connection.execute(f"TRUNCATE {', '.join(TABLES['traffic'])}")
        parts = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'privacy_datakey'::regclass"
        ).fetchall()
        for (name,) in parts:
            connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    keys.forget()
    journal_guard.forget()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Real commits, as the worker's role: threads, child processes and crashes have to see what is written."""
    with django_db_blocker.unblock():
        users = {name: connections[name].settings_dict["USER"] for name in connections}
        _become(dict.fromkeys(users, "paasoo_worker"))
        yield
        _become(users)


def _become(users: dict[str, str]) -> None:
    for name, user in users.items():
        connections[name].close()
        connections[name].settings_dict["USER"] = user


@pytest.fixture
def vault_folder(tmp_path: Path, settings: Any) -> Path:
    """A vault of the test's own; the session's has its series made anew afterwards."""
    folder = tmp_path / "vault"
    settings.KEY_VAULT_URL = f"file://{folder}"
    _own_journal(tmp_path, settings)
    return folder


def _own_journal(folder: Path, settings: Any) -> None:
    settings.ERASURE_JOURNAL_URL = f"file://{folder / 'journal'}"
    settings.KEY_SNAPSHOT_URL = f"file://{folder / 'snapshots'}"


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    server = Moto()
    yield server
    server.stop()


@pytest.fixture
def kms(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """An AWS account without a key, for this process and those it starts."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda self, context: 0.01)
    front = Front(moto)
    yield front
    front.shutdown()
    front.server_close()


@pytest.fixture
def console(kms: Front) -> Account:
    return Account(kms)


@pytest.fixture
def opened_kms(kms: Front) -> Callable[..., Vault]:
    """Opens a vault anew; they share connections, which are slow to make, and nothing else."""
    apis: dict[str, Api] = {}

    def open_anew(cache_seconds: float = 60, name: str = "vault", region: str = REGION) -> Vault:
        api = apis.setdefault(region, Api(region, kms.endpoint))
        return KmsVault(api, name, cache_seconds=cache_seconds, waiting_days=7)

    return open_anew


@pytest.fixture
def opened_folder(tmp_path: Path) -> Callable[..., Vault]:
    return lambda cache_seconds=60.0: FolderVault(tmp_path / "vault", cache_seconds=cache_seconds)


@pytest.fixture
def vault_kms(kms: Front, settings: Any, tmp_path: Path) -> Front:
    """The same, in AWS KMS."""
    settings.KEY_VAULT_URL = kms.url()
    _own_journal(tmp_path, settings)
    return kms


@pytest.fixture
def own_vault(vault_folder: Path) -> None:
    """The vault that `region` has; a module that tries each kind overrides it."""


@pytest.fixture
def region(request: pytest.FixtureRequest, committed: None) -> Iterator[str]:
    """The alias of a regional database whose first epoch has just been opened, with a journal of its own."""
    alias = django_settings.TRAFFIC_ALIASES[-1]
    request.getfixturevalue("own_vault")
    reset(alias)
    journal.enrol("default")
    epochs.bootstrap(alias)
    yield alias
    begin_anew()


@pytest.fixture
def world(request: pytest.FixtureRequest, committed: None) -> Iterator[str]:
    """Every database with its first epoch just opened, beside a vault and a journal of the test's own; one region's alias."""
    request.getfixturevalue("vault_folder")
    for alias in django_settings.TRAFFIC_ALIASES:
        reset(alias)
        with as_owner(alias) as connection:
            connection.execute("TRUNCATE core_heartbeat")
    with as_owner("default") as connection:
        connection.execute("TRUNCATE core_heartbeat, privacy_alarm, privacy_standing")
    journal.enrol("default")
    for alias in django_settings.TRAFFIC_ALIASES:
        epochs.bootstrap(alias)
        partitions.ensure_ahead(alias)
    yield django_settings.TRAFFIC_ALIASES[-1]
    begin_anew()


def begin_anew() -> None:
    """Databases, vault and journal of the session tell one story again, from its first line on."""
    for name in PLACES:
        setattr(django_settings, name, os.environ[name])
    vaults, lines = (Path(urlsplit(getattr(django_settings, name)).path) for name in PLACES[:2])
    shutil.rmtree(lines, ignore_errors=True)
    for alias in django_settings.TRAFFIC_ALIASES:
        shutil.rmtree(vaults / alias, ignore_errors=True)
        reset(alias)
    vault().forget()
    journal.enrol("default")
    for alias in django_settings.TRAFFIC_ALIASES:
        epochs.bootstrap(alias)


@pytest.fixture
def account() -> UUID:
    return uuid7()


MakeKey = Callable[..., DataKey]


@pytest.fixture
def make_key(region: str) -> MakeKey:
    """Make (committed) a key that started some days ago, with the clock of that day."""

    def make(
        account_id: UUID,
        *,
        data_class: int = DataClass.CONTENT,
        age: int = 0,
        days: int = 30,
    ) -> DataKey:
        start: date = clock.today() - timedelta(days=age)
        with clock.travel(by=-timedelta(days=age)), system_scope("test", using=(region,)):
            return keys.for_sealing(region, account_id, data_class, start, start + timedelta(days=days))

    return make


class Registered:
    """What others register with the engine, as the tests see it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.messages = 7

    def handler(self, name: str) -> Callable[..., Any]:
        def handle(**arguments: Any) -> Any:
            self.calls.append((name, arguments))
            if name == "retention.volume":
                days = (arguments["last_day"] - arguments["first_day"]).days + 1
                each = {arguments["first_day"] + timedelta(days=n): self.messages for n in range(days)}
                return dict.fromkeys(DataClass, each)
            return self.messages if name == "retention.count" else 0

        return handle

    def of(self, name: str) -> list[dict[str, Any]]:
        return [arguments for called, arguments in self.calls if called == name]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Registered:
    """Stand-ins for the upward calls, so that the engine is tested by itself."""
    found = Registered()
    names = {
        name: (found.handler(name),)
        for name in (
            "retention.settle",
            "retention.sweep",
            "retention.count",
            "retention.volume",
            "account.changed",
            "hold.released",
        )
    }
    real = hooks.handlers
    monkeypatch.setattr(hooks, "handlers", lambda name: names[name] if name in names else real(name))
    return found


@pytest.fixture
def chain(region: str, account: UUID, make_key: MakeKey, registered: Registered) -> list[Certificate]:
    """Three certificates of three days' runs."""
    for age in (31, 32, 33):
        make_key(account, age=age)
        enforce.enforce(region, clock.today())
    return list(Certificate.objects.order_by("number"))
