"""The accounts' jobs, where Celery looks for them."""

from __future__ import annotations

import logging

from celery import shared_task

from accounts.bound_notices import services as bound_notices
from accounts.closure import returns
from accounts.closure import services as closure
from accounts.policy_notices import services as policy_notices

log = logging.getLogger(__name__)


@shared_task(name="accounts.tell_policy")
def tell_policy() -> None:
    """Write of a material change of the policy to those who were not told yet (P-POL-1)."""
    count = policy_notices.tell()
    if count:
        log.info("policy notices sent", extra={"count": count})


@shared_task(name="accounts.tell_bounds")
def tell_bounds() -> None:
    """Write of new bounds of retention and legal clocks to the accounts that they touch (P-RET-11, P-RGT-2)."""
    count = bound_notices.tell()
    if count:
        log.info("notices of bounds sent", extra={"count": count})


@shared_task(name="accounts.close_due")
def close_due() -> None:
    """Give back what is to be given back, and close the accounts whose time has come; what a crash stopped goes on."""
    under_way = returns.look_after()
    if under_way:
        log.info("returns under way", extra={"count": under_way})
    count = closure.close_due()
    if count:
        log.info("accounts closed", extra={"count": count})
