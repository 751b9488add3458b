"""Write requirements.txt and requirements-dev.txt anew, with the hash of every file and no index address."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = [
    "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--strip-extras",
    "--allow-unsafe", "--no-header", "--quiet",
]  # fmt: skip
ADDRESS = re.compile(r"://|--(extra-)?index|--find-links|file:/")


def main() -> int:
    for name in ("requirements", "requirements-dev"):
        command = [
            sys.executable,
            "-m",
            "piptools",
            "compile",
            *OPTIONS,
            *sys.argv[1:],
            "-o",
            f"{name}.txt",
            f"{name}.in",
        ]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            return 1
        if ADDRESS.search((ROOT / f"{name}.txt").read_text()):
            sys.exit(f"{name}.txt holds an address: none may be committed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
