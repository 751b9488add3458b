"""Signing calls as the Standard Webhooks specification says: `webhook-id`, `webhook-timestamp`, `webhook-signature`.

The signature is an HMAC-SHA256 over id, time and body, one for each secret that is live, so that a secret can be
changed without losing a call. https://www.standardwebhooks.com (the specification of 2023).
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from messaging.webhooks.models import RegionWebhook, WebhookEndpoint
from paasoo_portal.core import clock

PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    """256 random bits in the form that the specification's libraries take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def live(endpoint: WebhookEndpoint | RegionWebhook) -> tuple[str, ...]:
    """The secrets to sign with now: for a day after a rotation the former one too."""
    former = endpoint.former_until is not None and endpoint.former_until > clock.now()
    return (endpoint.secret, endpoint.former_secret) if former else (endpoint.secret,)


def headers(call_id: str, body: bytes, live_secrets: Sequence[str]) -> dict[str, str]:
    """The headers of one call, signed for this second."""
    at = str(int(clock.now().timestamp()))
    signed = f"{call_id}.{at}.".encode() + body
    return {
        "Content-Type": "application/json",
        "webhook-id": call_id,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(_sign(secret, signed) for secret in live_secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
