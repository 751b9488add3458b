"""Speaking to AWS KMS: short waits, few tries, and every failure is VaultUnavailable in KMS's own short names.

Credentials come through boto3's own chain (a role, the environment, a profile); we neither take nor keep any.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from privacy.keys.vault.errors import VaultUnavailable

# In the worst case a call takes 3 × 3 seconds, and two more of waiting in between.
_CONFIG: Final = Config(
    connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"}
)
# What was made a moment ago may be unknown to KMS for some seconds: it is consistent only in the end.
PATIENCE_SECONDS: Final = 15.0
PAUSE_SECONDS: Final = 0.5


class Refused(VaultUnavailable):
    """KMS answered with an error; `code` is its name there. Unless somebody expects it, the vault is unavailable."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"kms {operation}: {code}")
        self.code = code


class Answer(dict[str, Any]):
    """An answer of KMS's; a missing field is no KeyError but a vault that does not answer as KMS does."""

    def __missing__(self, name: str) -> Any:
        raise VaultUnavailable(f"kms: an answer without {name}")


class Api:
    """One region of one AWS account. Thread-safe, and each process has a client of its own after a fork."""

    def __init__(self, region: str, endpoint: str | None) -> None:
        self._region, self._endpoint = region, endpoint
        self._clients: dict[int, Any] = {}
        self._lock = threading.Lock()

    def call(self, operation: str, **arguments: Any) -> Answer:
        """One call. Raises Refused, VaultUnavailable."""
        try:
            return Answer(getattr(self._client(), operation)(**arguments) or {})
        except ClientError as error:
            raise Refused(operation, str(error.response.get("Error", {}).get("Code", "unknown"))) from None
        except (BotoCoreError, ResponseParserError, ValueError) as error:
            raise VaultUnavailable(f"kms {operation}: {type(error).__name__}") from None

    def pages(self, operation: str, field: str, **arguments: Any) -> list[dict[str, Any]]:
        """All of a list that KMS hands out in pages."""
        answer = self.call(operation, **arguments)
        found: list[dict[str, Any]] = list(answer[field])
        while answer.get("Truncated"):
            answer = self.call(operation, **arguments, Marker=answer["NextMarker"])
            found += answer[field]
        return found

    def patiently(self, operation: str, **arguments: Any) -> Answer:
        """A call about what was made a moment ago."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.call(operation, **arguments)
            except Refused as refusal:
                if refusal.code != "NotFoundException" or time.monotonic() > until:
                    raise
            time.sleep(PAUSE_SECONDS)

    def _client(self) -> Any:
        client = self._clients.get(os.getpid())
        if client is None:
            with self._lock:
                session = boto3.session.Session(region_name=self._region)
                client = session.client("kms", endpoint_url=self._endpoint, config=_CONFIG)
                self._clients = {os.getpid(): client}
        return client
