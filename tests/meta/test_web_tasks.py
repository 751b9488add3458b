"""A page's task reaches our broker: the web process has our Celery, not a default one. Found by running it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.fresh
def test_the_web_process_sends_to_our_broker(committed: None) -> None:
    told = "import paasoo_portal.wsgi; from celery import current_app; print(current_app.conf.broker_url)"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, env=os.environ, check=True
    )
    assert done.stdout.strip().endswith(f"redis+socket://{os.environ['REDIS_URL'].removeprefix('unix://')}")
