"""Checking a certificate file alone: no database, no vault, no network. Each check says in plain words what it found.

What the file itself brings (its key, its head) proves that it is whole, not whose it is. So the verdict is "genuine"
only with a key or a published head from elsewhere. A check that could not be made is open, and says what would close it.
Keeps P-RET-7.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from privacy.certificates import canonical, merkle, strict
from privacy.certificates.envelope import Envelope, Head, Published, Signed
from privacy.certificates.strict import Unreadable
from privacy.keys import signing


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its name for programs, and what was found, for people."""

    name: str
    state: State
    text: str


@dataclass(frozen=True)
class Verdict:
    """Everything that was looked at. `genuine` means: nothing is wrong, and a key from elsewhere says whose it is."""

    checks: list[Check]
    number: int | None
    content: dict[str, Any]
    trusted: bool

    @property
    def failed(self) -> bool:
        return any(one.state == State.FAILED for one in self.checks)

    @property
    def genuine(self) -> bool:
        return self.trusted and not self.failed

    @property
    def final(self) -> bool:
        return any(one.name == "receipt" and one.state == State.PASSED for one in self.checks)

    def as_dict(self) -> dict[str, Any]:
        return {
            "genuine": self.genuine,
            "number": self.number,
            "final": self.final,
            "checks": [{"name": one.name, "state": str(one.state), "text": one.text} for one in self.checks],
        }


def check(file: Envelope, *, key: str | None = None, published: Published | None = None) -> Verdict:
    """Every check that can be made of a file, by the key and the head that the caller has from elsewhere."""
    trusted = key or (published.head.public_key if published else None)
    content = _content(file.certificate.body)
    number = content.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        failed = Check(
            "form", State.FAILED, _("The signed text is not that of a certificate in its one form.")
        )
        return Verdict([failed], None, {}, trusted is not None)
    form = Check(
        "form", State.PASSED, _("The signed text is in its one form, so the signature can mean nothing else.")
    )
    checks = [form, _digest(file.certificate), _signature(file, content, trusted)]
    if any(one.state == State.FAILED for one in checks):
        # What follows is about the digest alone, and would speak well of a text that is not its.
        return Verdict(checks, number, content, trusted is not None)
    checks += [
        _head_signature(file.head, trusted or file.public_key),
        _place(file.certificate, number, file.head),
        _against(file, number, published, trusted),
    ]
    if "everywhere" in content:
        checks.append(_receipt(file, content, trusted or file.public_key))
    return Verdict(checks, number, content, trusted is not None)


def _content(body: str) -> dict[str, Any]:
    """The signed text as an object, or {} when it is none, or not the one text that it could be."""
    try:
        content = strict.loads(body)
    except Unreadable:
        return {}
    if not isinstance(content, dict) or canonical.encode(content) != body:
        return {}
    return content


def _digest(signed: Signed) -> Check:
    if canonical.digest(signed.body) == signed.digest:
        return Check("digest", State.PASSED, _("The digest is that of the text."))
    return Check("digest", State.FAILED, _("The digest is not that of the text: one of the two was changed."))


def _signature(file: Envelope, content: dict[str, Any], trusted: str | None) -> Check:
    name = "signature"
    if trusted is not None and trusted != file.public_key:
        return Check(name, State.FAILED, _("It is signed by another key than the one that was published."))
    if content.get("signed_by") != file.public_key:
        return Check(name, State.FAILED, _("The text names another key than the file."))
    if not signing.is_signed(file.certificate.body.encode(), file.certificate.signature, file.public_key):
        return Check(
            name, State.FAILED, _("The signature does not fit the text: one of the two was changed.")
        )
    if trusted is None:
        text = _(
            "The signature fits the key in the file. Whose key that is, nobody has said: give the published one."
        )
        return Check(name, State.OPEN, text)
    return Check(name, State.PASSED, _("The signature is PaaSoo’s: it fits the text and the published key."))


def _head_signature(head: Head, key: str) -> Check:
    if head.public_key == key and signing.is_signed(head.text().encode(), head.signature, key):
        return Check("head", State.PASSED, _("The chain’s head in the file is signed by the same key."))
    return Check("head", State.FAILED, _("The chain’s head in the file is not signed by the same key."))


def _place(signed: Signed, number: int, head: Head) -> Check:
    shown = {"number": number, "size": head.number}
    if leads(signed.digest, number, head, signed.path):
        text = _("It is number %(number)d of the %(size)d certificates that the head in the file stands for.")
        return Check("place", State.PASSED, text % shown)
    text = _("Its place, number %(number)d of %(size)d, is not proven: the path does not lead to the head.")
    return Check("place", State.FAILED, text % shown)


def _against(file: Envelope, number: int, published: Published | None, trusted: str | None) -> Check:
    """The published head: the same, grown out of the file's, or another story."""
    name = "published"
    if published is None:
        text = _("No published head was given, so the place was checked against the head in the file alone.")
        return Check(name, State.OPEN, text)
    own, public = file.head, published.head
    if public.public_key != trusted or not signing.is_signed(
        public.text().encode(), public.signature, public.public_key
    ):
        return Check(
            name, State.FAILED, _("The published head that was given is not signed by the published key.")
        )
    if own.number == public.number:
        told = own.root == public.root and own.digest == public.digest
    elif own.number > public.number:
        text = _(
            "The published head that was given is older than the file. Fetch it anew to compare the two."
        )
        return Check(name, State.OPEN, text)
    elif published.since is not None and published.since[0] == own.number:
        roots = bytes.fromhex(own.root), bytes.fromhex(public.root)
        told = merkle.is_consistent(own.number, public.number, *roots, published.since[1])
    elif published.includes is not None and published.includes[0] == number:
        told = leads(file.certificate.digest, number, public, published.includes[1])
    else:
        text = _(
            "The chain has grown since. Fetch the head with “?since=%(number)d” to see that it only grew."
        )
        return Check(name, State.OPEN, text % {"number": own.number})
    if told:
        text = _("It stands in the chain as it is published, which has %(size)d certificates.")
        return Check(name, State.PASSED, text % {"size": public.number})
    return Check(name, State.FAILED, _("The published chain is another one: this certificate is not in it."))


def _receipt(file: Envelope, content: dict[str, Any], key: str) -> Check:
    """Whether the vault's receipt is there, is genuine, and is about this certificate's keys."""
    name, receipt = "receipt", file.receipt
    if receipt is None:
        text = _(
            "No destruction receipt is in the file: when it was made, the certificate was not final yet."
        )
        return Check(name, State.OPEN, text)
    told = _content(receipt.body)
    number, epoch = told.get("number"), told.get("epoch")
    everywhere = content["everywhere"]
    last = everywhere.get("last_epoch") if isinstance(everywhere, dict) else None
    fits = (
        told.get("kind") == "destruction"
        and told.get("database") == content.get("database")
        and isinstance(epoch, int)
        and isinstance(last, int)
        and epoch >= last
    )
    if not fits:
        return Check(name, State.FAILED, _("The destruction receipt in the file is about other keys."))
    whole = (
        isinstance(number, int)
        and canonical.digest(receipt.body) == receipt.digest
        and told.get("signed_by") == key
        and signing.is_signed(receipt.body.encode(), receipt.signature, key)
        and leads(receipt.digest, number, file.head, receipt.path)
    )
    if not whole:
        return Check(name, State.FAILED, _("The destruction receipt in the file was changed."))
    text = _("It is final: certificate %(number)d is the vault’s receipt that the epoch key was destroyed.")
    return Check(name, State.PASSED, text % {"number": number})


def leads(digest: str, number: int, head: Head, path: tuple[bytes, ...]) -> bool:
    """Whether a path leads from a certificate's digest to a head's root."""
    return merkle.is_included(merkle.leaf_of(digest), number - 1, head.number, path, bytes.fromhex(head.root))
