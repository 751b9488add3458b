"""All models of Traffic Data and Usage Data, each defined with its concern."""

from messaging.allowance.models import Allowance, AllowanceCredit
from messaging.carriers.sandbox.models import SandboxSubmission
from messaging.delivery.models import DeliveryPush
from messaging.erasure.models import ErasedDay, ErasedMessage
from messaging.key_use.models import KeyUse
from messaging.messages.models import Message, MessageEvent
from messaging.preservation.models import PreservedMessage
from messaging.pricing.models import Price
from messaging.projections.models import OptOut, RegionAccount, RegionKey, RegionPrice
from messaging.refusals.models import RefusedRequest
from messaging.rest.models import IdempotencyKey
from messaging.usage.models import DayCount, ErasedUsage, Statistic, UsageRecord
from messaging.webhooks.models import RegionWebhook, WebhookEndpoint

__all__ = [
    "Allowance",
    "AllowanceCredit",
    "DayCount",
    "DeliveryPush",
    "ErasedDay",
    "ErasedMessage",
    "ErasedUsage",
    "IdempotencyKey",
    "KeyUse",
    "Message",
    "MessageEvent",
    "OptOut",
    "PreservedMessage",
    "Price",
    "RefusedRequest",
    "RegionAccount",
    "RegionKey",
    "RegionPrice",
    "RegionWebhook",
    "SandboxSubmission",
    "Statistic",
    "UsageRecord",
    "WebhookEndpoint",
]
