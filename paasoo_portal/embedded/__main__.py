"""`python -m paasoo_portal.embedded start|stop|status|psql [database]`, on the state folder PAASOO_VAR."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from paasoo_portal import embedded
from paasoo_portal.embedded.paths import Paths


def default_var() -> Path:
    """The state folder: PAASOO_VAR, else `var` in the checkout."""
    return Path(os.environ.get("PAASOO_VAR") or Path(__file__).resolve().parent.parent.parent / "var")


def status(paths: Paths) -> int:
    """Print what runs; 0 when both do."""
    up = 0
    for service in (embedded.Postgres(paths), embedded.Valkey(paths)):
        pid = service.running()
        up += pid is not None
        print(f"{service.name}: {'not running' if pid is None else f'running, pid {pid}'}")
    print(f"sockets: {paths.socket_dir}")
    return 0 if up == 2 else 3


def psql(paths: Paths, arguments: list[str]) -> None:
    """Become psql on a database (default: the control plane's), as the cluster's superuser."""
    program = str(embedded.program("psql"))
    database, rest = (arguments[0], arguments[1:]) if arguments else ("paasoo", [])
    os.execv(
        program, [program, "-h", str(paths.socket_dir), "-p", "5432", "-U", "postgres", "-d", database, *rest]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m paasoo_portal.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "psql"])
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="for psql: the database and psql's own arguments"
    )
    options = parser.parse_args()
    paths = Paths(default_var())
    try:
        if options.action == "start":
            embedded.start(paths)
        elif options.action == "stop":
            embedded.stop(paths)
        elif options.action == "psql":
            psql(paths, options.arguments)
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return status(paths) if options.action != "stop" else 0


if __name__ == "__main__":
    sys.exit(main())
