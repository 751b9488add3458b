"""The scripts under the Makefile, and what they keep in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PINS = re.compile(r"^[A-Za-z0-9._-]+==\S+ \\$")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_index(name: str) -> None:
    lines = [
        line for line in (ROOT / name).read_text().splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert lines
    for number, line in enumerate(lines):
        if line.startswith("    "):
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        else:
            assert PINS.match(line), line
            assert lines[number + 1].startswith("    --hash=sha256:")
    assert "://" not in (ROOT / name).read_text()


def test_what_both_files_pin_they_pin_alike() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev[name] for name in runtime.keys() & dev.keys()} == {
        name: runtime[name] for name in runtime.keys() & dev.keys()
    }


def test_an_old_python_is_told_what_to_do(tmp_path: Path) -> None:
    script = (
        "import sys, runpy; sys.version_info = (3, 9, 2); "
        f"sys.argv = ['bootstrap.py']; runpy.run_path({str(ROOT / 'scripts/bootstrap.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; python3 is 3.9" in done.stderr


def test_help_names_every_target_of_the_makefile() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"run", "test", "test-browser", "bench", "lint"} <= {
        line.split()[0] for line in done.stdout.splitlines()
    }


def test_ci_calls_the_three_targets_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make")] == [
        "make test",
        "make test-browser",
        "make lint",
    ]
    assert "set -e" in lines
    assert os.access(ROOT / ".ci/run", os.X_OK)


def without_browser(tmp_path: Path, kind: str, ci: str) -> subprocess.CompletedProcess[str]:
    """scripts/test.py where neither a browser nor apt-get is found; pytest gets a folder without tests."""
    (tmp_path / "test_nothing.py").write_text("def test_nothing():\n    assert True\n")
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts/test.py"), kind, str(tmp_path / "test_nothing.py"), "-p", "no:cacheprovider",
         "-c", os.devnull, "--rootdir", str(tmp_path)],
        cwd=tmp_path, env={**os.environ, "PATH": str(tmp_path), "CI": ci, "CHROMIUM": ""}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def test_without_a_browser_the_rest_runs_and_says_loudly_what_it_left_out(tmp_path: Path) -> None:
    done = without_browser(tmp_path, "main", "")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert done.stdout.count("NOT RUN: the browser tests") == 2
    assert "apt-get install -y chromium" in done.stdout


def test_in_ci_a_missing_browser_fails(tmp_path: Path) -> None:
    assert without_browser(tmp_path, "main", "true").returncode == 1
    assert without_browser(tmp_path, "browser", "").returncode == 1


def test_a_group_of_tests_stays_on_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_grouped.py").write_text(
        "import os, pytest\n"
        "@pytest.mark.xdist_group('together')\n"
        "@pytest.mark.parametrize('turn', range(8))\n"
        "def test_where(turn): print('WORKER', os.environ['PYTEST_XDIST_WORKER'])\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "--dist",
        "loadgroup",
        "-rP",
        "-p",
        "no:django",
        "-c",
        "/dev/null",
    ]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    workers = re.findall(r"WORKER (gw\d)", done.stdout)
    assert len(workers) == 8
    assert len(set(workers)) == 1
