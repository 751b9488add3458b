"""Granian whose workers die with it: after a `kill -9` of its main process they would hold the port for ever.

`python -m paasoo_portal.supervisor.web …` takes granian's own arguments.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys

from paasoo_portal.embedded import processes


def main() -> None:
    die = processes.die_with_parent(signal.SIGKILL)
    parent = os.getpid()
    if die is not None:
        os.register_at_fork(after_in_child=lambda: die() if os.getppid() == parent else None)
    sys.argv[0] = "granian"
    runpy.run_module("granian", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
