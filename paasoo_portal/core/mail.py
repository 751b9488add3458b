"""Emails, each written once: the text is the template, and its HTML is made from it, so that the two never differ.

A template is a pair `NAME_subject.txt` and `NAME_message.txt`. In the text an empty line parts paragraphs, a line that is
an address becomes a button, and what follows a line `--` is the foot (P-WHO-1). The HTML uses no style at all, only
attributes that every mail program understands, and so keeps the portal's own policy where it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

_FOOT: Final = "\n--\n"


@dataclass(frozen=True)
class Block:
    """A paragraph, or a link that stands alone."""

    text: str
    link: bool = False


def send(template: str, to: str, context: dict[str, Any], *, language: str) -> None:
    """Write to one address in the reader's language."""
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
        text = render_to_string(f"{template}_message.txt", context)
        message = EmailMultiAlternatives(subject=subject, body=text.strip() + "\n", to=[to])
        add_html(message)
    message.send()


def add_html(message: EmailMultiAlternatives) -> None:
    """Give a message of text its HTML part."""
    text, _, foot = message.body.partition(_FOOT)
    html = render_to_string(
        "mail/frame.html",
        {
            "subject": message.subject,
            "language": translation.get_language(),
            "blocks": blocks(text),
            "foot": blocks(foot),
        },
    )
    message.attach_alternative(html, "text/html")


def blocks(text: str) -> list[Block]:
    """The paragraphs of a text, with the links that stand alone told apart."""
    found = []
    for part in text.strip().split("\n\n"):
        lines = part.strip()
        if lines:
            found.append(Block(lines, link=lines.startswith(("http://", "https://")) and " " not in lines))
    return found
