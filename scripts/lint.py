"""All of `make lint`: every check runs, whatever the one before it found; a name as argument runs that one alone."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from paasoo_portal import embedded  # noqa: E402
from paasoo_portal.embedded.postgres import REGION_CODES  # noqa: E402

PY = sys.executable
CHECKS: dict[str, list[str]] = {
    "ruff": [PY, "-m", "ruff", "check", "."],
    "format": [PY, "-m", "ruff", "format", "--check", "."],
    "types": [PY, "-m", "mypy"],
    "layers": [str(Path(PY).parent / "lint-imports")],
    "templates": [PY, "-m", "djlint", "--lint", "--quiet", "."],
    "deploy": [PY, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "migrations": [PY, "manage.py", "makemigrations", "--check", "--dry-run"],
    "live tables": [PY, "scripts/lint_migrations.py"],
}


def production() -> dict[str, str]:
    """Settings as production has them, with made-up secrets and addresses that nobody answers."""
    database = "postgresql://paasoo_app:unused@database.test:5432/paasoo"
    return {
        "PAASOO_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "CRYPTOGRAPHY_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "portal.example.com",
        "PORTAL_URL": "https://portal.example.com",
        "DATABASE_URL": database,
        **{f"DATABASE_URL_{code.upper()}": f"{database}_{code}" for code in REGION_CODES},
        **{f"DATABASE_URL_{code.upper()}_INGEST": f"{database}_{code}" for code in REGION_CODES},
        "REDIS_URL": "redis://broker.test:6379/0",
        "KEY_VAULT_URL": "file:///var/lib/paasoo/vault",
        "ERASURE_JOURNAL_URL": "file:///srv/paasoo/journal",
        "KEY_SNAPSHOT_URL": "file:///srv/paasoo/snapshots",
        "EMAIL_URL": "smtp://user:password@mail.test:587",
    }


def main() -> int:
    chosen = {name: CHECKS[name] for name in sys.argv[1:]} or CHECKS
    failed = []
    with tempfile.TemporaryDirectory(prefix="paasoo-lint-") as folder:
        paths = embedded.Paths(Path(folder) / "var")
        try:
            if {"migrations", "live tables"} & set(chosen):
                embedded.start(paths)
            for name, command in chosen.items():
                if not run(name, command, paths):
                    failed.append(name)
        finally:
            embedded.remove(paths)
    print("lint: " + (f"FAILED: {', '.join(failed)}" if failed else "all clean"))
    return 1 if failed else 0


def run(name: str, command: list[str], paths: embedded.Paths) -> bool:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PAASOO_", "DATABASE_URL"))
    }
    own = production() if name == "deploy" else {"PAASOO_VAR": str(paths.var), "PAASOO_ROLE": "owner"}
    began = time.monotonic()
    print(f"lint: {name}", flush=True)
    code = subprocess.run(command, cwd=ROOT, env={**environment, **own}, check=False).returncode
    if code:
        print(f"lint: {name} failed after {time.monotonic() - began:.1f} s", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
