"""Gather the texts of code and templates into locale/, and compile them: `python scripts/texts.py [--check]`.

A language is offered complete or not at all (docs/translating.md). With --check nothing is written, and what is missing,
changed or wrong is said. Pure Python: no gettext programs are needed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
SOURCES = ("paasoo_portal", "accounts", "messaging", "privacy", "templates")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
_TAG = re.compile(r"</?\w[^>]*>")


def texts() -> Catalog:
    """Every text that the sources mark."""
    catalog = Catalog(charset="utf-8")
    for path in sorted(_files()):
        source = path.read_text("utf-8")
        if path.suffix != ".py":
            # As Python without indentation, which its tokenizer would refuse.
            source = re.sub(r"(?m)^[ \t]+", "", templatize(source))
        name = path.relative_to(ROOT).as_posix()
        for _line, text, comments, context in extract("python", BytesIO(source.encode()), KEYWORDS):
            catalog.add(text, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def _files() -> Iterator[Path]:
    for folder in SOURCES:
        for suffix in ("py", "html", "txt"):
            yield from (ROOT / folder).rglob(f"*.{suffix}")


def update(path: Path, found: Catalog) -> list[str]:
    """Bring a language's file up to date; returns what is wrong with its translations."""
    mine = read(path)
    mine.update(found, no_fuzzy_matching=True, update_header_comment=False)
    mine.obsolete.clear()
    path.write_bytes(written(mine))
    compiled(path).write_bytes(binary(mine))
    return wrong(mine)


def check(path: Path, found: Catalog) -> list[str]:
    """What is missing in a language, superfluous, wrong, or not compiled."""
    mine = read(path)
    told = [f"not in the file: {text!r}" for text in _keys(found) - _keys(mine)]
    told += [f"in no source: {text!r}" for text in _keys(mine) - _keys(found)]
    if not compiled(path).exists() or compiled(path).read_bytes() != binary(mine):
        told.append(f"{compiled(path).name} is not what {path.name} compiles to")
    return told + wrong(mine)


def wrong(catalog: Catalog) -> list[str]:
    """What is not translated, or not with the same placeholders, tags and borders."""
    return [f"{fault}: {message.id!r}" for message in _messages(catalog) for fault in _faults(message)]


def _faults(message: Message) -> Iterator[str]:
    source = message.id[-1] if isinstance(message.id, tuple) else message.id
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    for form in forms:
        if not form or message.fuzzy:
            yield "not translated"
            continue
        for pattern, word in ((_PLACEHOLDER, "other placeholders"), (_TAG, "other tags")):
            if sorted(set(pattern.findall(form))) != sorted(set(pattern.findall(source))):
                yield word
        if (source[:1] == "\n", source[-1:] == "\n") != (form[:1] == "\n", form[-1:] == "\n"):
            yield "begins or ends otherwise"


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def written(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalog, width=0, sort_by_file=True, include_lineno=False, omit_header=False)
    return out.getvalue()


def binary(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def compiled(path: Path) -> Path:
    return path.with_suffix(".mo")


def languages() -> list[Path]:
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _keys(catalog: Catalog) -> set[tuple[str | None, str]]:
    return {
        (message.context, message.id[0] if isinstance(message.id, tuple) else message.id)
        for message in _messages(catalog)
    }


def main() -> int:
    found = texts()
    work = check if "--check" in sys.argv else update
    told = [f"{path.parent.parent.name}: {one}" for path in languages() for one in work(path, found)]
    print("\n".join(told) or f"{len(_keys(found))} texts, all translated")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
