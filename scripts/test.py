"""Run the tests, with Debian's Chromium for those that need a browser.

`main` runs all but the full browser matrix; `browser` runs the matrix. Without a browser the rest runs, what was
left out is said loudly, and in CI (CI=true) that fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
APT = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
COMMAND = "apt-get update && apt-get install -y chromium"
PARALLEL = "2"
# pytest's word for arguments that chose no test: fine for one of two runs.
NOTHING_FOUND = 5


def browser() -> str | None:
    """The browser's program: CHROMIUM names one, else the system's, else one installed now."""
    found = os.environ.get("CHROMIUM") or _installed()
    return found or (_installed() if _install() else None)


def _installed() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _install() -> bool:
    """Through apt-get, when we are root or sudo asks for nothing."""
    if not shutil.which("apt-get") or (os.geteuid() != 0 and not shutil.which("sudo")):
        return False
    before = [] if os.geteuid() == 0 else ["sudo", "-n"]
    print("Installing Debian's chromium …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], APT):
        if subprocess.run(
            [*before, *command], env=environment, check=False, stdout=subprocess.DEVNULL
        ).returncode:
            return False
    return True


def shout(text: str) -> None:
    line = "!" * 100
    print(f"\n{line}\n{text}\n{line}\n", flush=True)


def pytest(marks: str, extra: list[str], program: str | None) -> int:
    environment = {**os.environ, **({"CHROMIUM": program} if program else {})}
    command = [sys.executable, "-m", "pytest", "-n", PARALLEL, "--dist", "loadgroup", "-m", marks, *extra]
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    kind, *extra = sys.argv[1:]
    program = browser()
    missing = f"NOT RUN: the browser tests, since no Chromium is here. Install it with: {COMMAND}"
    if kind == "browser":
        if program is None:
            shout(missing)
            return 1
        return pytest("browser", extra, program)
    if program is None:
        shout(missing)
    codes = [pytest("not browser and not journey", extra, None)]
    if program is not None:
        # In processes of their own: the browser's event loop would make Django refuse every query after it.
        codes.append(pytest("journey", extra, program))
    else:
        shout(missing)
    failed = [code for code in codes if code not in {0, NOTHING_FOUND}]
    if set(codes) == {NOTHING_FOUND}:
        return NOTHING_FOUND
    return failed[0] if failed else int(program is None and os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main())
