"""Writing refused requests from Django's views; the night forgets them after 30 days. Keeps P-RET-3."""

from __future__ import annotations

import ipaddress
import logging
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from messaging.refusals.models import RefusedRequest, Surface
from paasoo_portal.core.http.client_ip import Address
from paasoo_portal.core.tenancy import scope

log = logging.getLogger(__name__)


def network_of(address: Address | None) -> str:
    """The network the address is in, wide enough to name no single line: /24 or /48."""
    if address is None:
        return ""
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def refused(
    alias: str,
    account_id: UUID,
    *,
    surface: Surface,
    code: str,
    key_id: UUID,
    network: str,
    field: str = "",
) -> None:
    """Keep one refusal. A region that cannot take it must not make the refusal worse."""
    try:
        with scope(account_id, using=[alias]):
            RefusedRequest(
                account_id=account_id,
                surface=surface,
                code=code,
                field=field[:16],
                key_id=key_id,
                network=network,
            ).save(using=alias, force_insert=True)
    except (DatabaseError, InterfaceError) as error:
        log.warning("a refusal was not kept", extra={"database": alias, "error": type(error).__name__})
