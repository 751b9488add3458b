"""A stand-in for AWS KMS: moto's server as a process of its own, and in front of it one that is as strict as the real
service where moto is lax, and that misbehaves on demand. Both speak HTTP on the loopback interface.

What the front adds to moto: pages, key states (no MAC by a key that is disabled or on its way out, no second
scheduling), fifty tags at most, keys that are really deleted, and one call at a time (aliases are given once).
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
MOST_TAGS = 50
FOR_GOOD = 3  # so many tries the vault makes of a call
# moto makes an RSA key for every key, an HMAC key as well, and takes a fifth of a second for it.
_SERVER = """
from moto.kms import models
models.generate_private_key = lambda spec: None
from moto.server import main
main()
"""
Body = dict[str, Any]


def alias(tail: str, database: str = "sg", vault: str = "vault") -> str:
    return f"alias/paasoo/{vault}/{database}/{tail}"


class Refusal(Exception):
    """An error that the real service would answer with."""


class Moto:
    """moto's server, a process of ours."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 60
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("moto's server did not start")
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class Front(ThreadingHTTPServer):
    """What the vault speaks to. `misbehave` says what goes wrong with the next calls of an operation."""

    daemon_threads = True

    def __init__(self, moto: Moto) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.moto = moto
        self.one_at_a_time = threading.RLock()
        self.reset()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def reset(self) -> None:
        self.moto.post("/moto-api/reset", b"", {})
        self.calls: Counter[str] = Counter()
        self.deleted: set[str] = set()
        self.page = 100
        # For so many seconds others do not see what was made: the real service is consistent only in the end.
        self.lag = 0.0
        self._made_at: dict[str, float] = {}
        self._faults: list[tuple[str, str]] = []
        self._after = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def url(self, name: str = "vault", region: str = REGION) -> str:
        return f"kms://{region}/{name}?endpoint={self.endpoint}"

    def misbehave(self, operation: str, how: str, times: int = 1, after: int = 0) -> None:
        """`operation` may be "*". How: broken, throttled, silent, reset (before it takes effect), garbage, or lost
        (the call takes effect, its answer never comes). `after`: so many calls go well first.
        """
        self._faults = [(operation, how)] * times
        self._after = after

    def behave(self) -> None:
        self._faults = []

    def fault_of(self, operation: str) -> str:
        if self._faults and self._faults[0][0] in {operation, "*"}:
            if self._after:
                self._after -= 1
            else:
                return self._faults.pop(0)[1]
        return ""

    def answer(self, operation: str, body: Body, headers: dict[str, str]) -> tuple[int, bytes]:
        """As strictly as the real service."""
        ask = Asked(self.moto, headers)
        try:
            body = self._refuse_what_kms_refuses(operation, body, ask)
        except Refusal as refusal:
            return 400, json.dumps({"__type": str(refusal), "message": "refused by the stand-in"}).encode()
        status, content = ask.raw(operation, body)
        if status == 200:
            made = (
                content.get("KeyMetadata", {}).get("KeyId")
                if operation == "CreateKey"
                else body.get("AliasName")
            )
            self._made_at.setdefault(str(made), time.monotonic())
            for field in ("Aliases", "Keys", "Tags"):
                if operation in {"ListAliases", "ListKeys", "ListResourceTags"} and field in content:
                    content = self._paged(content, field, body)
        return status, json.dumps(content).encode()

    def _refuse_what_kms_refuses(self, operation: str, body: Body, ask: Asked) -> Body:
        """The call as moto understands it: it knows some operations by the key's id alone."""
        named = body.get("TargetKeyId") or body.get("KeyId")
        if not named:
            return body
        key = ask.key(named)
        if key is None or key["KeyId"] in self.deleted or self._is_late(named) or self._is_late(key["KeyId"]):
            raise Refusal("NotFoundException")
        changes = {
            "GenerateMac",
            "CreateAlias",
            "ScheduleKeyDeletion",
            "TagResource",
            "UntagResource",
            "EnableKey",
        }
        if operation in changes and key["KeyState"] == "PendingDeletion":
            raise Refusal("KMSInvalidStateException")
        if operation == "GenerateMac" and key["KeyState"] == "Disabled":
            raise Refusal("DisabledException")
        if operation == "TagResource":
            tags = {tag["TagKey"] for tag in ask.raw("ListResourceTags", {"KeyId": key["KeyId"]})[1]["Tags"]}
            if len(tags | {tag["TagKey"] for tag in body["Tags"]}) > MOST_TAGS:
                raise Refusal("LimitExceededException")
        return body | {"KeyId": key["KeyId"]} if "KeyId" in body else body

    def _is_late(self, name: str) -> bool:
        return time.monotonic() - self._made_at.get(name, -self.lag) < self.lag

    def _paged(self, content: Body, field: str, body: Body) -> Body:
        rows = [
            row
            for row in content[field]
            if not {row.get("TargetKeyId"), row.get("KeyId")} & self.deleted
            and not self._is_late(row.get("AliasName", ""))
        ]
        first, most = int(body.get("Marker", 0)), min(body.get("Limit", 50), self.page)
        last = first + most
        more = {"Truncated": True, "NextMarker": str(last)} if last < len(rows) else {"Truncated": False}
        return {field: rows[first:last], **more}


class Asked:
    """What the front itself asks of moto, in the caller's region."""

    def __init__(self, moto: Moto, headers: dict[str, str]) -> None:
        self.moto, self.headers = moto, headers

    def raw(self, operation: str, body: Body) -> tuple[int, Body]:
        headers = self.headers | {"X-Amz-Target": f"TrentService.{operation}"}
        status, content = self.moto.post("/", json.dumps(body).encode(), headers)
        return status, (json.loads(content or b"null") or {}) if status < 500 else {
            "__type": "InternalFailure"
        }

    def key(self, named: str) -> Body | None:
        status, content = self.raw("DescribeKey", {"KeyId": named})
        return content["KeyMetadata"] if status == 200 else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for an answer: two would wait for one another
    server: Front

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].removeprefix("TrentService.")
        kept = {name: self.headers[name] for name in ("Authorization", "Content-Type", "X-Amz-Date")}
        with self.server.one_at_a_time:
            self.server.calls[operation] += 1
            how = self.server.fault_of(operation)
            status, content = 500, b'{"__type": "KMSInternalException"}'
            if how == "throttled":
                status, content = 400, b'{"__type": "ThrottlingException"}'
            elif how == "garbage":
                status, content = 200, b"<html>a proxy's page</html>"
            elif how in {"", "lost"}:
                status, content = self.server.answer(operation, body, kept)
        if how == "silent":
            time.sleep(4)  # longer than the vault waits
        if how in {"silent", "reset", "lost"}:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *arguments: Any) -> None:
        pass


class Account:
    """The console of the AWS account: what its rulers do by hand, and what a test looks at."""

    def __init__(self, front: Front, region: str = REGION) -> None:
        import boto3

        self.front = front
        self.client = boto3.session.Session().client("kms", region_name=region, endpoint_url=front.endpoint)

    def aliases(self) -> dict[str, str]:
        pages = self.client.get_paginator("list_aliases").paginate()
        return {
            row["AliasName"]: row["TargetKeyId"]
            for page in pages
            for row in page["Aliases"]
            if row["AliasName"].startswith("alias/paasoo/")
        }

    def keys(self) -> dict[str, Body]:
        """Every key of the account, by id."""
        pages = self.client.get_paginator("list_keys").paginate()
        ids = [row["KeyId"] for page in pages for row in page["Keys"]]
        return {key: self.client.describe_key(KeyId=key)["KeyMetadata"] for key in ids}

    def states(self) -> Counter[str]:
        return Counter(key["KeyState"] for key in self.keys().values())

    def tags(self, alias: str) -> dict[str, str]:
        pages = self.client.get_paginator("list_resource_tags").paginate(KeyId=self.aliases()[alias])
        return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page["Tags"]}

    def forget_deleted(self) -> list[str]:
        """The waiting period is over: KMS deletes what was scheduled, with its alias."""
        gone = [key for key, about in self.keys().items() if about["KeyState"] == "PendingDeletion"]
        self.front.deleted |= set(gone)
        return gone
