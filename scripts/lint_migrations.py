"""No migration may be unsafe on a large live table: django-migration-linter over the project's own migrations."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django_migration_linter import MigrationLinter

    own = [
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(settings.BASE_DIR)
    ]
    own = [label for label in own if ".venv" not in Path(apps.get_app_config(label).path).parts]
    failed = False
    for alias in ("default", settings.TRAFFIC_ALIASES[0]):
        linter = MigrationLinter(
            str(ROOT), include_apps=own, database=alias, no_cache=True, quiet=["ok", "ignore"]
        )
        linter.lint_all_migrations()
        failed |= linter.has_errors
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
