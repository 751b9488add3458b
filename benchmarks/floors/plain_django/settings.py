"""Settings of the plain project."""

from __future__ import annotations

import os

SECRET_KEY = "benchmark"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["benchmarks.floors.plain_django"]
ROOT_URLCONF = "benchmarks.floors.plain_django.urls"
MIDDLEWARE: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "paasoo_bench",
        "USER": "postgres",
        "HOST": os.environ.get("BENCH_SOCKET_DIR", ""),
        "PORT": "5432",
        "CONN_MAX_AGE": None,
    }
}
# The floor borrows the product's UUIDv7, which asks the clock for a file to follow.
CLOCK_FILE = None
