"""The API reference: REST v1 from its own description, the classic API from its own tables; nothing written twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from drf_spectacular.generators import SchemaGenerator

from messaging.accept.codes import TEXTS, SubmitCode
from messaging.classic.statuses import dr_status
from messaging.messages.states import State

_EXAMPLES: Final[dict[str, Any]] = {
    "to": "+447700900123",
    "from": "Harbour",
    "text": "Your parcel is here.",
    "data_class": "content",
    "days": 30,
    "number": "+447700900123",
    "reference": "0193a5c2-7d9c-7fa8-b931-f6f1e7202676",
}
MENDS: Final = {
    SubmitCode.SUCCESS: _("The message is stored and will be sent."),
    SubmitCode.MISSING_PARAMS: _("Give every parameter that is marked as needed."),
    SubmitCode.INVALID_CREDENTIALS: _("Check key and secret; the key must exist and may send messages."),
    SubmitCode.UNAUTHORIZED_IP: _("Add the address to the key’s list, or call from one that is on it."),
    SubmitCode.INVALID_NUMBER: _("Write the number with its country code; at most 100 in one request."),
    SubmitCode.INVALID_SENDER: _("Up to 11 letters, digits and spaces, or up to 15 digits."),
    SubmitCode.MESSAGE_BOMBING: _(
        "The same text to the same number within three seconds. Wait, or change it."
    ),
    SubmitCode.QUOTA_EXCEEDED: _("Top up the account."),
    SubmitCode.THROTTLED: _("Send fewer messages a second, or ask us for more."),
    SubmitCode.SYSTEM_ERROR: _("Our fault. Try again after the seconds in Retry-After."),
}


@dataclass(frozen=True)
class Value:
    """A parameter of a call or a member of a body."""

    name: str
    kind: str
    needed: bool
    meaning: str
    where: str = ""


@dataclass(frozen=True)
class Answer:
    """What a call may return: the status, and the members of the body when it succeeded."""

    status: str
    members: tuple[Value, ...]


@dataclass(frozen=True)
class Operation:
    """One call of REST v1."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Value, ...]
    body: tuple[Value, ...]
    answers: tuple[Answer, ...]
    refusals: str
    example: str


@dataclass(frozen=True)
class Code:
    code: int
    text: str
    mend: Any


@cache
def operations() -> tuple[Operation, ...]:
    """Every call of REST v1, in the order of its description."""
    found = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = found["components"]["schemas"]
    return tuple(
        _operation(path, method, described, schemas)
        for path, methods in found["paths"].items()
        for method, described in methods.items()
    )


def submit_codes() -> list[Code]:
    """What `status` says in the answer to a classic call."""
    return [Code(int(code), TEXTS[code], MENDS[code]) for code in SubmitCode]


def delivery_states() -> list[tuple[str, int, str]]:
    """Our states as a delivery report says them: our name, drStatus, drStatuscode."""
    return [(state.name.lower(), *dr_status(state)) for state in State]


def _operation(path: str, method: str, described: dict[str, Any], schemas: dict[str, Any]) -> Operation:
    body_schema = _schema(described.get("requestBody", {}))
    shapes = list(_shapes(body_schema, schemas))
    body = tuple(value for shape in shapes for value in _members(shape, schemas))
    parameters = tuple(
        Value(
            name=given["name"],
            kind=_kind(given["schema"], schemas),
            needed=bool(given.get("required")),
            meaning=given.get("description", ""),
            where=given["in"],
        )
        for given in described.get("parameters", ())
    )
    good = [status for status in described["responses"] if status.startswith("2")]
    answers = tuple(Answer(status, _answer(described["responses"][status], schemas)) for status in good)
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described.get("summary", ""),
        description=described.get("description", ""),
        parameters=parameters,
        body=body,
        answers=answers,
        refusals=", ".join(sorted(set(described["responses"]) - set(good))),
        example=_example(path, method.upper(), _members(shapes[0], schemas) if shapes else ()),
    )


def _schema(holder: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, dict[str, Any]] = holder.get("content", {})
    return next((dict(kind.get("schema", {})) for kind in content.values()), {})


def _answer(response: dict[str, Any], schemas: dict[str, Any]) -> tuple[Value, ...]:
    return tuple(value for shape in _shapes(_schema(response), schemas) for value in _members(shape, schemas))


def _shapes(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects that a schema may be: one, or the alternatives of a `oneOf`."""
    schema = _resolved(schema, schemas)
    if "oneOf" in schema:
        for one in schema["oneOf"]:
            yield from _shapes(one, schemas)
    elif schema.get("properties"):
        yield schema


def _members(shape: dict[str, Any], schemas: dict[str, Any]) -> tuple[Value, ...]:
    needed = set(shape.get("required", ()))
    return tuple(
        Value(name, _kind(given, schemas), name in needed, _meaning(given, schemas))
        for name, given in shape["properties"].items()
    )


def _meaning(given: dict[str, Any], schemas: dict[str, Any]) -> str:
    known = _resolved(given, schemas)
    limits = [
        f"{word} {known[name]}"
        for name, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"))
        if name in known and abs(known[name]) < 1_000_000
    ]
    options = [str(option) for option in known.get("enum", ()) if option is not None]
    said = given.get("description") or known.get("title", "")
    return " ".join(part for part in (said, ", ".join(limits), ", ".join(options)) if part)


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    schema = _resolved(schema, schemas)
    if "oneOf" in schema or "anyOf" in schema:
        kinds = [_kind(one, schemas) for one in schema.get("oneOf") or schema["anyOf"]]
        return " or ".join(dict.fromkeys(kinds))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        kind = " or ".join(kind)
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), schemas)}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return dict(schemas[schema["$ref"].rpartition("/")[2]])
    if len(schema.get("allOf", ())) == 1:
        return _resolved(schema["allOf"][0], schemas)
    return schema


def _example(path: str, method: str, body: tuple[Value, ...]) -> str:
    for name, value in _EXAMPLES.items():
        path = path.replace(f"{{{name}}}", str(value))
    lines = [f"curl -X {method} 'https://api.paasoo.eu{path}'", "-H 'Authorization: Bearer KEY.SECRET'"]
    given = {value.name: _EXAMPLES[value.name] for value in body if value.name in _EXAMPLES}
    if given:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(given)}'"]
    return " \\\n  ".join(lines)
