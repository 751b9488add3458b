"""An undeclared field stops every process at its start, with the file in which to declare it (P-CAT-2)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

# The catalogue as it would be had somebody added fields and declared none of them.
_FORGET = (
    "import django; django.setup()\n"
    "from privacy.catalogue import registry\n"
    "registry.catalogue().models.pop('messaging.message')\n"
)
STARTS = {
    "portal": "import paasoo_portal.wsgi",
    "web with door": "import paasoo_portal.asgi",
    "dispatcher": "from django.core.management import call_command; call_command('dispatcher')",
    "worker": "from paasoo_portal.celery import app; app.worker_main(['worker', '--pool=solo'])",
    "beat": "from paasoo_portal.celery import app; app.start(['beat', '--pidfile='])",
    "check": "from django.core.management import call_command; call_command('check')",
}


@pytest.mark.parametrize("name", STARTS)
def test_nothing_starts_with_an_undeclared_field(name: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "paasoo_portal.settings",
        "PAASOO_VAR": str(tmp_path),
        "REDIS_URL": "unix:///nonexistent/valkey.sock",
    }
    done = subprocess.run(
        [sys.executable, "-c", _FORGET + STARTS[name]],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert "privacy.E001" in told
    assert "messaging/personal_data.py" in told
