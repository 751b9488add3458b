"""Beginning to preserve, and ending it: a region is brought in line with the control plane's register.

Beginning is one transaction on the region. Ending is three steps, each of which may be repeated: the key dies, its
certificate is written, the rows go. The region's own row goes last, so that a crash leaves what the next run finds.
Keeps P-RET-8, P-RET-9.
"""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID, uuid5

from django.db import connections

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.faults import fault
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.certificates import issue
from privacy.certificates.issue import ErasedLine
from privacy.holds.models import LegalHold
from privacy.holds.restrict import restrict
from privacy.keys import Erased, burial, opener, preserving
from privacy.preservation import wanted as wanting
from privacy.preservation.models import TABLE, About, Preservation, Source
from privacy.preservation.wanted import Wanted

log = logging.getLogger(__name__)

_CERTIFICATES: Final = UUID("9c1e6c0d-0f0b-5d0e-8a53-6b6d2f1c7a90")
_REASONS: Final = {Source.HOLD: "hold_released", Source.CASE: "case_ended"}
_ONE: Final = "SELECT id FROM privacy_datakey WHERE id = %(key)s"
_BURIED: Final = """
SELECT data_class, count(*), min(starts_on), max(starts_on), max(last_epoch) FROM privacy_keytombstone
WHERE certificate_id = %s GROUP BY 1
"""


def arm(alias: str, wanted: Wanted) -> None:
    """From now on nothing covered goes in this database without a copy. Needs the maintenance lock; may be repeated.

    Raises VaultMismatch, VaultUnavailable, Erased for what was ended.
    """
    key_id = preserving.id_of(wanted.case_id, alias)
    with scope(wanted.account_id, using=(alias,)):
        if Preservation.objects.using(alias).filter(pk=wanted.case_id).exists():
            return
        preserving.make(alias, wanted.account_id, key_id, wanted.starts_on, wanted.due_on)
        key = opener(alias, wanted.account_id).key(key_id)
        sealed = None
        if wanted.number:
            sealed = key.seal(wanted.number.encode(), table=TABLE, column="number_sealed", row=wanted.case_id)
        Preservation.objects.using(alias).create(
            id=wanted.case_id,
            account_id=wanted.account_id,
            source=wanted.source,
            about=wanted.about,
            key_id=key_id,
            number_sealed=sealed,
            with_content=wanted.with_content,
            with_number=wanted.with_number,
            first_day=wanted.first_day,
            last_day=wanted.last_day,
            most=wanted.most,
        )


def reconcile(alias: str) -> None:
    """Begin what the register asks and the region lacks, end what it asks no more, move what was extended.

    Needs the maintenance lock and the worker's role; may be repeated.
    """
    wanted = wanting.everything(alias)
    with system_scope("preservation", using=(alias,)):
        present = {row.pk: row for row in Preservation.objects.using(alias).all()}
    for case_id, one in wanted.items():
        if case_id not in present:
            try:
                arm(alias, one)
            except Erased:
                log.error("preserved copies were destroyed before their time", extra={"case": str(case_id)})
        else:
            _move(alias, one)
    for case_id, row in present.items():
        if case_id not in wanted:
            _end(alias, row)


def _move(alias: str, wanted: Wanted) -> None:
    """An extended case's key gets its new day; same key, same id, so that nothing it sealed changes."""
    key_id = preserving.id_of(wanted.case_id, alias)
    with system_scope("preservation", using=(alias,)):
        due_on = preserving.due_day(alias, key_id)
    if due_on is not None and due_on != wanted.due_on:
        restrict(alias, _ONE, {"key": key_id}, wanted.due_on)


def _end(alias: str, row: Preservation) -> None:
    certificate_id = uuid5(_CERTIFICATES, f"{row.pk}/{alias}")
    source = Source(row.source)
    burial.bury(
        alias,
        row.account_id,
        [row.key_id],
        reason=_REASONS[source],
        run_id=row.pk,
        certificate_id=certificate_id,
    )
    fault("preservation.buried")
    _certify(alias, row, certificate_id)
    fault("preservation.certified")
    hooks.call("preservation.ended", alias=alias, case_id=row.pk)
    fault("preservation.emptied")
    with system_scope("preservation", using=(alias,)):
        Preservation.objects.using(alias).filter(pk=row.pk).delete()
    log.info("preserved copies ended", extra={"database": alias, "case": str(row.pk)})


def _certify(alias: str, row: Preservation, certificate_id: UUID) -> None:
    """Of a secret hold, and of a person, the certificate names nobody: who holds its number knows what it is about."""
    with system_scope("preservation", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(_BURIED, [certificate_id])
        lines = [ErasedLine(*found) for found in cursor.fetchall()]
    if not lines:
        return
    copies = sum(hooks.call("preservation.count", alias=alias, case_id=row.pk))
    issue.retention(
        certificate_id=certificate_id,
        account_id=None if _nameless(row) else row.account_id,
        alias=alias,
        run=row.pk,
        cutoff_on=clock.today(),
        instructed_days={},
        lines=[line.counted(copies) for line in lines],
        because=issue.RELEASED if row.source == Source.HOLD else issue.CASE_ENDED,
    )


def _nameless(row: Preservation) -> bool:
    if row.about == About.PERSON:
        return True
    return row.source == Source.HOLD and not LegalHold.objects.filter(pk=row.pk, secret=False).exists()
