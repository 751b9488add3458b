"""Which processes make up the portal, in the order in which they start, and as whom each works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from paasoo_portal.embedded import processes
from paasoo_portal.supervisor.config import ROOT, Config
from paasoo_portal.supervisor.leftovers import MARK

WEB_WORKERS = 2


@dataclass(frozen=True)
class Part:
    """A process of the portal; `role` is the database login it works as."""

    name: str
    role: str | None
    arguments: tuple[str, ...]


def web(config: Config) -> Part:
    return Part(
        "web",
        "app",
        (
            "-m", "paasoo_portal.supervisor.web", "--interface", "asgi", "--host", config.host, "--port", str(config.port),
            "--workers", str(WEB_WORKERS), "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "2",
            "--log-level", "warning", "paasoo_portal.asgi:application",
        ),
    )  # fmt: skip


def background() -> list[Part]:
    # As root Celery warns of pickled tasks on each start; ours are JSON alone.
    celery = (
        "-W",
        "ignore:You're running the worker",
        "-m",
        "celery",
        "--quiet",
        "-A",
        "paasoo_portal.celery",
    )
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return [
        Part("dispatcher", "worker", ("manage.py", "dispatcher")),
        Part("worker", "worker", (*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", *quiet)),
        Part("beat", "worker", (*celery, "beat", "--pidfile=", "--loglevel", "WARNING")),
    ]


DATABASE = Part("database", "owner", ("-m", "paasoo_portal.supervisor.database"))
DEMO = Part("demo", "worker", ("manage.py", "demo"))


def launcher(part: Part, config: Config) -> Callable[[int], subprocess.Popen[bytes]]:
    """What starts the part with its output going to a descriptor."""

    def launch(output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *part.arguments], cwd=ROOT, env=environment(part.role, config),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )  # fmt: skip

    return launch


def environment(role: str | None, config: Config) -> dict[str, str]:
    """Ours, without what would lead a PostgreSQL client elsewhere, plus who and where the process is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    kept.pop("PAASOO_ROLE", None)
    kept.setdefault("PORTAL_URL", config.url)
    if role is not None:
        kept["PAASOO_ROLE"] = role
    return {**kept, "PAASOO_VAR": str(config.paths.var), MARK: str(config.paths.var), "PYTHONUNBUFFERED": "1"}
