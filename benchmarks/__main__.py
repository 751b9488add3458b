"""Run every benchmark, or those whose name or figure begins with the argument; print and write what they measured.

Each benchmark is a module of `benchmarks.registered()` with a function `measure(say) -> list[Figure]`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Final

from benchmarks.figures import Figure, table, write
from benchmarks.tools import ToolMissing

# Name (of the results' file) and module; a benchmark that is new adds its line here.
BENCHMARKS: Final = {
    "ingest.classic": "benchmarks.ingest",
    "tenancy.page": "benchmarks.tenancy",
    "retention": "benchmarks.retention",
    "keys": "benchmarks.keys",
    "drill": "benchmarks.drills",
}


def chosen(only: str) -> dict[str, str]:
    """The benchmarks that `only` names: a name, the beginning of one, or one of its figures."""
    return {
        name: module
        for name, module in BENCHMARKS.items()
        if name.startswith(only) or only.startswith(f"{name}.")
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="?", default="", help=f"one of {', '.join(BENCHMARKS)}, or a beginning")
    only = parser.parse_args().only
    found = chosen(only)
    if not found:
        print(f"No benchmark is called {only!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name, module in found.items():
        try:
            measured = importlib.import_module(module).measure(lambda text: print(text, flush=True))
        except ToolMissing as missing:
            print(f"{name}: NOT MEASURED. {missing}", file=sys.stderr)
            return 1
        write(name, measured)
        figures += measured
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
