"""What a start ends with: where the portal is, who may sign in, and a line that sends a message."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from paasoo_portal.supervisor.config import Config


def text(config: Config, *, missing: list[str]) -> str:
    """The closing words; `missing` names the parts of /readyz that are not there yet."""
    lines = ["", f"  Portal   {config.url}/", f"  Health   {config.url}/readyz"]
    if missing:
        lines.append(f"  Not ready yet: {', '.join(missing)}")
    lines += _demo(config)
    lines += ["", f"  Log      {config.paths.log_dir / 'paasoo.log'}", "  Ctrl-C stops everything.", ""]
    return "\n".join(lines)


def _demo(config: Config) -> list[str]:
    try:
        demo: dict[str, Any] = json.loads(config.paths.demo_json.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    lines = ["", "  Demo sign-ins (development only)"]
    people = [*demo.get("users", []), *({**one, "account": "staff"} for one in demo.get("staff", []))]
    for one in people:
        lines.append(f"    {one['email']:<32} {one['password']:<20} {one['role']}, {one['account']}")
    if demo.get("api"):
        lines += _api(config, demo)
    return lines


def _api(config: Config, demo: dict[str, Any]) -> list[str]:
    api = demo["api"][0]
    query = urlencode({
        "key": api["key"], "secret": api["secret"], "from": "PaaSoo", "to": demo["numbers"]["delivered"],
        "text": "Hello from PaaSoo",
    })  # fmt: skip
    host = "" if api["region"] == "sg" else f"-H 'Host: {api['region']}.localhost' "
    return [
        "",
        f"  API      key {api['key']}  secret {api['secret']}  ({api['account']})",
        "  Send a message:",
        f"    curl {host}{shlex.quote(f'{config.url}/json?{query}')}",
    ]
