"""What is handed out: a certificate as a file that anybody can check alone, and the chain's published head.

A file holds the signed text exactly, its digest and signature, the path to the head that was signed when the file was
made, that head, and (once there is one) the destruction receipt that makes the certificate final, proven in the same
way. Nothing in it is about another customer: paths are hashes of digests. docs/decisions/0015 has the reasons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from privacy.certificates import canonical, strict

FORMAT: Final = "paasoo-certificate/1"
HEAD: Final = "head"
_SIGNED: Final = ("body", "digest", "signature", "path")
_HEAD: Final = ("kind", "number", "digest", "root", "at", "public_key", "signature")


@dataclass(frozen=True)
class Head:
    """What the log says of itself at a moment: how many certificates, the newest one's digest, the tree's root."""

    number: int
    digest: str
    root: str
    at: str
    public_key: str
    signature: str = ""

    def text(self) -> str:
        """What is signed. Its `kind` is no certificate's, so neither can pass for the other."""
        return canonical.encode(self._content())

    def as_dict(self) -> dict[str, Any]:
        return self._content() | {"signature": self.signature}

    def _content(self) -> dict[str, Any]:
        return {
            "kind": HEAD,
            "number": self.number,
            "digest": self.digest,
            "root": self.root,
            "at": self.at,
            "public_key": self.public_key,
        }


@dataclass(frozen=True)
class Published:
    """The head as it is published, and what was asked for with it."""

    head: Head
    # A former size, and the proof that the log only grew since.
    since: tuple[int, tuple[bytes, ...]] | None = None
    # A certificate's number, and its path to this head.
    includes: tuple[int, tuple[bytes, ...]] | None = None

    def as_dict(self) -> dict[str, Any]:
        found = self.head.as_dict()
        for name, proof in (("since", self.since), ("includes", self.includes)):
            if proof is not None:
                found[name] = {"number": proof[0], "path": [one.hex() for one in proof[1]]}
        return found


@dataclass(frozen=True)
class Signed:
    """A certificate's text as signed, and its path to the head beside it."""

    body: str
    digest: str
    signature: str
    path: tuple[bytes, ...]

    def as_dict(self) -> dict[str, Any]:
        path = [one.hex() for one in self.path]
        return {"body": self.body, "digest": self.digest, "signature": self.signature, "path": path}


@dataclass(frozen=True)
class Envelope:
    """A certificate file."""

    certificate: Signed
    head: Head
    public_key: str
    receipt: Signed | None = None

    def write(self) -> bytes:
        content: dict[str, Any] = {
            "format": FORMAT,
            "certificate": self.certificate.as_dict(),
            "head": self.head.as_dict(),
            "public_key": self.public_key,
        }
        if self.receipt is not None:
            content["receipt"] = self.receipt.as_dict()
        return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def read(content: bytes) -> Envelope:
    """A certificate file. Raises Unreadable."""
    value = strict.load(content)
    if isinstance(value, dict) and value.get("format", FORMAT) != FORMAT:
        raise strict.Unreadable(strict.OTHER_FORMAT)
    strict.members(value, ("format", "certificate", "head", "public_key"), ("receipt",))
    return Envelope(
        certificate=_signed(value["certificate"]),
        head=_head(value["head"]),
        public_key=strict.hexadecimal(value["public_key"], "public_key", 64),
        receipt=_signed(value["receipt"]) if "receipt" in value else None,
    )


def read_published(content: bytes) -> Published:
    """The published head. Raises Unreadable."""
    value = strict.members(strict.load(content), _HEAD, ("since", "includes"))
    return Published(
        head=_head({name: value[name] for name in _HEAD}),
        since=_proof(value["since"]) if "since" in value else None,
        includes=_proof(value["includes"]) if "includes" in value else None,
    )


def _signed(value: Any) -> Signed:
    found = strict.members(value, _SIGNED)
    return Signed(
        body=strict.text(found["body"], "body"),
        digest=strict.hexadecimal(found["digest"], "digest", 64),
        signature=strict.hexadecimal(found["signature"], "signature", 128),
        path=strict.hashes(found["path"], "path"),
    )


def _head(value: Any) -> Head:
    found = strict.members(value, _HEAD)
    if found["kind"] != HEAD:
        raise strict.Unreadable(strict.OTHER_FORMAT)
    return Head(
        number=strict.count(found["number"], "number"),
        digest=strict.hexadecimal(found["digest"], "digest", 64),
        root=strict.hexadecimal(found["root"], "root", 64),
        at=strict.text(found["at"], "at"),
        public_key=strict.hexadecimal(found["public_key"], "public_key", 64),
        signature=strict.hexadecimal(found["signature"], "signature", 128),
    )


def _proof(value: Any) -> tuple[int, tuple[bytes, ...]]:
    found = strict.members(value, ("number", "path"))
    return strict.count(found["number"], "number"), strict.hashes(found["path"], "path")
