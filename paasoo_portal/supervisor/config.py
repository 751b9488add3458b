"""What `make run` is asked to do, read from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from paasoo_portal.embedded import Paths
from paasoo_portal.embedded.postgres import REGION_CODES

ROOT = Path(__file__).resolve().parent.parent.parent


class RunError(Exception):
    """The portal cannot be run; the text says to a person what to do."""


@dataclass(frozen=True)
class Config:
    """One checkout's run: where it listens, where its state lies, which services it brings itself."""

    host: str
    port: int
    paths: Paths
    production: bool
    own_postgres: bool
    own_valkey: bool
    demo: bool

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the portal."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}"


def read() -> Config:
    """The configuration from HOST, PORT, PAASOO_VAR, PAASOO_ENV, DEMO and the addresses of managed services."""
    production = os.environ.get("PAASOO_ENV") == "production"
    databases = ["DATABASE_URL", *(f"DATABASE_URL_{code.upper()}" for code in REGION_CODES)]
    return Config(
        host=os.environ.get("HOST") or "127.0.0.1",
        port=_port(os.environ.get("PORT") or "8000"),
        paths=Paths(Path(os.environ.get("PAASOO_VAR") or ROOT / "var")),
        production=production,
        own_postgres=not production and not all(_given(name) for name in databases),
        own_valkey=not production and not _given("REDIS_URL"),
        demo=not production and os.environ.get("DEMO", "yes") != "no",
    )


def _given(name: str) -> bool:
    return name in os.environ or f"{name}_FILE" in os.environ


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 65536:
        raise RunError(
            f"PORT={text} is no port. Give a number from 1 to 65535, for example: make run PORT=8123"
        )
    return int(text)
