"""The only writers of webhooks. A secret leaves here once, when it is made. Keeps P-SEC-1, P-SEC-5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import AccountError
from accounts.models import Membership, Role
from accounts.teams.services import touch_account
from messaging.delivery.models import DeliveryPush, PushState
from messaging.webhooks import signature
from messaging.webhooks.models import Pause, WebhookEndpoint
from paasoo_portal.core import audit, clock, hooks, mail
from paasoo_portal.core.ids import uuid7, uuid7_floor
from paasoo_portal.core.tenancy import scope

MOST: Final = 10
FORMER_WORKS: Final = timedelta(days=1)
# Calls of older messages are swept, or about to be.
REDELIVERABLE: Final = timedelta(days=7)


class TooManyWebhooks(AccountError):
    user: str | Promise = _("An account has at most ten webhooks. Remove one that is not needed.")


class MadeAlready(AccountError):
    """The same form was sent before."""

    user: str | Promise = _("That webhook was made already. Its secret is not shown a second time.")


@dataclass(frozen=True)
class Made:
    """An endpoint with its secret, to be shown once."""

    endpoint: WebhookEndpoint
    secret: str


def create(
    *,
    account_id: UUID,
    url: str,
    name: str,
    topics: Sequence[str],
    created_by_id: UUID | None,
    endpoint_id: UUID | None = None,
) -> Made:
    """Make a webhook and have it projected to the regions.

    Raises MadeAlready if one stands under `endpoint_id`; TooManyWebhooks.
    """
    secret = signature.new_secret()
    with scope(account_id):
        touch_account(account_id)  # its row orders those who count
        endpoint_id = endpoint_id or uuid7()
        if WebhookEndpoint.objects.filter(pk=endpoint_id).exists():
            raise MadeAlready(f"webhook {endpoint_id} was made before")
        if WebhookEndpoint.objects.count() >= MOST:
            raise TooManyWebhooks(f"account {account_id} has {MOST} webhooks")
        made = WebhookEndpoint.objects.create(
            pk=endpoint_id,
            account_id=account_id,
            url=url,
            name=name,
            topics=sorted(topics),
            secret=secret,
            created_by_id=created_by_id,
        )
        _tell(audit.Event.WEBHOOK_MADE, made, created_by_id)
    return Made(made, secret)


def change(
    *, account_id: UUID, endpoint_id: UUID, url: str, name: str, topics: Sequence[str], by_id: UUID
) -> None:
    """Raises WebhookEndpoint.DoesNotExist."""
    with scope(account_id):
        found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
        found.url, found.name, found.topics = url, name, sorted(topics)
        found.save(update_fields=["url", "name", "topics"])
        _tell(audit.Event.WEBHOOK_CHANGED, found, by_id)


def rotate(*, account_id: UUID, endpoint_id: UUID, by_id: UUID) -> Made:
    """A new secret; for a day the former one signs beside it. Raises WebhookEndpoint.DoesNotExist."""
    secret = signature.new_secret()
    with scope(account_id):
        found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
        found.former_secret, found.former_until = found.secret, clock.now() + FORMER_WORKS
        found.secret = secret
        found.save(update_fields=["secret", "former_secret", "former_until"])
        _tell(audit.Event.WEBHOOK_ROTATED, found, by_id)
    return Made(found, secret)


def pause(*, account_id: UUID, endpoint_id: UUID, why: Pause, by_id: UUID | None) -> bool:
    """Stop telling; False when it is paused already. Those who can mend it are told when it was not by hand."""
    with scope(account_id):
        found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
        if found.paused_at is not None:
            return False
        found.paused_at, found.paused_why = clock.now(), why
        found.save(update_fields=["paused_at", "paused_why"])
        _tell(audit.Event.WEBHOOK_PAUSED, found, by_id, reason=str(why))
        if why != Pause.BY_HAND:
            _write_to_developers(found)
    return True


def resume(*, account_id: UUID, endpoint_id: UUID, by_id: UUID) -> None:
    """Raises WebhookEndpoint.DoesNotExist."""
    with scope(account_id):
        found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
        if found.paused_at is None:
            return
        found.paused_at, found.paused_why, found.working_since = None, "", clock.now()
        found.save(update_fields=["paused_at", "paused_why", "working_since"])
        _tell(audit.Event.WEBHOOK_RESUMED, found, by_id)


def delete(*, account_id: UUID, endpoint_id: UUID, by_id: UUID) -> None:
    """Raises WebhookEndpoint.DoesNotExist."""
    with scope(account_id):
        found = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
        _tell(audit.Event.WEBHOOK_DELETED, found, by_id)
        found.delete()


def deliver_again(alias: str, *, account_id: UUID, endpoint_id: UUID, call_id: UUID) -> bool:
    """Have a call that ended made once more; False when there is none that could be."""
    with scope(account_id, using=(alias,)):
        calls = DeliveryPush.objects.using(alias).filter(
            pk=call_id,
            endpoint_id=endpoint_id,
            message_id__gte=uuid7_floor(clock.now() - REDELIVERABLE),
        )
        ended = calls.exclude(state=PushState.PENDING)
        return bool(ended.update(state=PushState.PENDING, due_at=clock.now()))


def _tell(event: audit.Event, endpoint: WebhookEndpoint, by_id: UUID | None, **data: str) -> None:
    account_id = endpoint.account_id
    touch_account(account_id)
    audit.record(
        event,
        account_id=account_id,
        actor_id=by_id,
        actor_kind="person" if by_id else "system",
        subject_id=endpoint.pk,
        **data,
    )
    transaction.on_commit(lambda: hooks.call("account.changed", account_id=account_id))


def _write_to_developers(endpoint: WebhookEndpoint) -> None:
    """Needs the account's scope."""
    rows = Membership.objects.filter(role__in=[Role.ADMINISTRATOR, Role.DEVELOPER]).select_related("person")
    people = [(row.person.email, row.person.language) for row in rows]
    context = {
        "name": endpoint.name,
        "gone": endpoint.paused_why == Pause.GONE,
        "link": f"{settings.PORTAL_URL}{reverse('webhook', args=[endpoint.pk])}",
    }

    def write() -> None:
        for address, language in people:
            mail.send("messaging/mail/webhook_paused", address, context, language=language)

    transaction.on_commit(write)
