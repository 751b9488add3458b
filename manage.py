#!/usr/bin/env python
"""Django's command line for the PaaSoo portal."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    if len(sys.argv) > 1 and sys.argv[1] in {"migrate", "setup_database"}:
        os.environ.setdefault("PAASOO_ROLE", "owner")
    if len(sys.argv) > 1 and sys.argv[1] in {
        "retention",
        "keys",
        "erasures",
        "certificates",
        "drill",
        "demo",
    }:
        os.environ.setdefault("PAASOO_ROLE", "worker")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
