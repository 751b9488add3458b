"""What PaaSoo promises, in a line each, with the page where a person meets it; and what is not kept yet, and why.

`manage.py promises` writes docs/promises.md from it and from the places that cite an ID in code and tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

CODE: Final = ("paasoo_portal", "privacy", "accounts", "messaging")
_ID: Final = re.compile(r"P-[A-Z]{3}-\d+")
_RANGE: Final = re.compile(r"(P-[A-Z]{3}-)(\d+) to (\d+)")
_SHOWN: Final = 4


@dataclass(frozen=True)
class Promise:
    """A promise: its ID, what it says in our words, a page, and why it is not kept yet where it is not."""

    id: str
    says: str
    page: str = ""
    not_yet: str = ""


PROMISES: Final = (
    Promise("P-WHO-1", "Who we are stands in the footer, the policy and every email.", "/policy/"),
    Promise("P-WHO-2", "An invited user's administrator answers first; staff take over in time.", "/privacy/inbox/"),
    Promise("P-WHO-3", "End-Users are sent to the company that wrote to them, uniformly.", "/end-users/"),
    Promise("P-WHO-4", "Customers get a text for informing End-Users.", "/privacy/end-user-text/"),
    Promise("P-CAT-1", "Every purpose stands on one of the six bases of Art. 6."),
    Promise("P-CAT-2", "Every stored field is declared, or nothing starts."),
    Promise("P-CAT-3", "Only what is strictly necessary is collected before consent.", "/cookies/"),
    Promise("P-CAT-4", "Role and basis are declared for each purpose.", "/policy/"),
    Promise("P-CAT-5", "Pseudonymised data are treated as personal."),
    Promise("P-RET-1", "Account data last as long as the customer instructs.", "/privacy/close-account/"),
    Promise("P-RET-2", "Texts and numbers have periods of their own, and go by themselves.", "/retention/"),
    Promise("P-RET-3", "Cookie and device information goes after two years at most.", "/cookies/"),
    Promise("P-RET-4", "Accounting records stay seven years.", "/privacy/close-account/"),
    Promise("P-RET-5", "What deleting everything means is said before it is confirmed.", "/privacy/close-account/"),
    Promise("P-RET-6", "When an account ends, its data are returned first if it so chooses, and its traffic goes at once.", "/privacy/close-account/"),
    Promise("P-RET-7", "What is done, what is pending, and when the last copy goes is shown.", "/certificates/"),
    Promise("P-RET-8", "Every exception is named, limited and listed.", "/privacy/delete/"),
    Promise("P-RET-9", "A legal hold preserves what it covers.", "/retention/"),
    Promise("P-RET-10", "Statistics that stay name nobody."),
    Promise("P-RET-11", "Periods are configuration with published defaults.", "/retention/"),
    Promise("P-RET-12", "Floors outrank erasure where the law sets them.", "/retention/"),
    Promise("P-RGT-1", "Every right can be exercised from the privacy centre.", "/privacy/"),
    Promise("P-RGT-2", "Answers come within a month, by the calendar of Reg. 1182/71.", "/privacy/requests/"),
    Promise("P-RGT-3", "Copies are structured and machine-readable.", "/privacy/export/"),
    Promise("P-CON-1", "Consent is per purpose, never preselected, and proven.", "/cookies/"),
    Promise("P-CON-2", "Global Privacy Control is a refusal.", "/cookies/"),
    Promise("P-CON-3", "Withdrawal stops the processing and erases what stood on it.", "/cookies/"),
    Promise("P-POL-1", "The newest policy is posted, earlier ones stay, and material changes are told.", "/policy/"),
    Promise(
        "P-POL-2",
        "A change that needs consent does not apply before it is given.",
        "/cookies/",
    ),
    Promise("P-LOC-1", "The endpoint decides where a message is stored.", "/welcome/"),
    Promise(
        "P-LOC-2", "Transfers rest on named safeguards.", not_yet="the assessments are the lawyer's to enter"
    ),
    Promise("P-SUB-1", "Sub-processors are listed.", "/sub-processors/"),
    Promise(
        "P-SUB-2", "Nothing is sold or shared for gain.", "/policy/", not_yet="a matter of conduct; no code keeps it"
    ),
    Promise("P-SEC-1", "Traffic, passwords and factors are encrypted where they are stored."),
    Promise("P-SEC-2", "Staff see what their work needs, and every look is shown.", "/audit/"),
    Promise("P-SEC-3", "Staff accept a duty of confidentiality before their first look."),
    Promise("P-SEC-4", "Customers are told of a breach.", not_yet="the breach procedure is not in the product"),
    Promise("P-SEC-5", "A new account keeps least by default."),
)  # fmt: skip


def page() -> str:
    """docs/promises.md."""
    code, tests = _cited(*CODE), _cited("tests")
    lines = [
        "# Promises",
        "",
        "Each promise, where it is kept, what tests it, and where a person meets it. Made by `manage.py promises`; a test "
        "holds it against the sources.",
        "",
        "| ID | promise | code | tests | page |",
        "|---|---|---|---|---|",
    ]
    for one in PROMISES:
        places = [_told(code.get(one.id, [])), _told(tests.get(one.id, [])), one.page and f"`{one.page}`"]
        if one.not_yet:
            places[0] = (
                f"not yet: {one.not_yet}" if places[0] == "–" else f"{places[0]}; in part: {one.not_yet}"
            )
        lines.append(f"| {one.id} | {one.says} | " + " | ".join(place or "–" for place in places) + " |")
    return "\n".join(lines) + "\n"


def unknown() -> set[str]:
    """IDs that are cited and are no promise."""
    return (_cited(*CODE, "tests").keys()) - {one.id for one in PROMISES}


def _cited(*folders: str) -> dict[str, list[str]]:
    """The files that cite each ID, sorted."""
    found: dict[str, list[str]] = {}
    root = Path(settings.BASE_DIR)
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if name != "privacy/promises.py":
                for cited in sorted(_ids(path.read_text(encoding="utf-8"))):
                    found.setdefault(cited, []).append(name)
    return found


def _ids(text: str) -> set[str]:
    ranges = {
        f"{start}{number}"
        for start, first, last in _RANGE.findall(text)
        for number in range(int(first), int(last) + 1)
    }
    return set(_ID.findall(text)) | ranges


def _told(places: list[str]) -> str:
    shown = ", ".join(f"`{place}`" for place in places[:_SHOWN])
    return f"{shown} and {len(places) - _SHOWN} more" if len(places) > _SHOWN else shown or "–"
