"""`python -m paasoo_portal.supervisor`: what `make run` starts."""

from __future__ import annotations

import sys

from paasoo_portal.supervisor import config
from paasoo_portal.supervisor.manager import Manager


def main() -> int:
    try:
        return Manager(config.read()).run()
    except config.RunError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
