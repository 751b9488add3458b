"""Cutting what is over its time from the oldest end of a trail. What is left is verified from an anchor.

The anchor keeps the number and the digest of the last entry that went, so the rest still proves that none of it was
changed, added or left out, and that it began where the cut was. It cannot prove what was cut.
No role may delete an entry. The worker may call a function of the owner's, which takes a trail's oldest part alone, and
nothing younger than a year by PostgreSQL's own clock: whoever has the worker's login cannot wipe a fresh trace.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, connections, transaction

from paasoo_portal.core.audit.record import lock

# Younger than this no entry goes, whatever is asked; the catalogue's rule must not be shorter.
LEAST_DAYS: Final = 365
_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION paasoo_audit_cut(trail uuid, upto bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE gone bigint;
BEGIN
  IF EXISTS (SELECT 1 FROM core_auditevent WHERE chain = trail AND number <= upto
             AND at > clock_timestamp() - interval '{LEAST_DAYS} days') THEN
    RAISE EXCEPTION 'entries younger than {LEAST_DAYS} days are not cut';
  END IF;
  INSERT INTO core_auditanchor (chain, number, digest, last_at, cut_at)
    SELECT chain, number, digest, at, clock_timestamp() FROM core_auditevent WHERE chain = trail AND number = upto
    ON CONFLICT (chain) DO UPDATE SET number = excluded.number, digest = excluded.digest,
      last_at = excluded.last_at, cut_at = excluded.cut_at;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  DELETE FROM core_auditevent WHERE chain = trail AND number <= upto;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION paasoo_audit_cut(uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION paasoo_audit_cut(uuid, bigint) TO paasoo_worker;
"""  # noqa: S608  a constant
# The lowest ids are the oldest entries of all trails, so no index by time is needed. A clock that stood elsewhere for a
# while may have left an old entry behind a young one: it goes with the young one.
_OVER: Final = f"""
SELECT chain, upto FROM (
  SELECT chain, min(number) AS first,
         least(max(number) FILTER (WHERE is_over), min(number) FILTER (WHERE NOT is_over) - 1) AS upto
  FROM (SELECT chain, number, at < least(%s, clock_timestamp() - interval '{LEAST_DAYS} days') AS is_over
        FROM core_auditevent ORDER BY id LIMIT %s) oldest
  GROUP BY chain
) trails WHERE upto >= first ORDER BY chain
"""  # noqa: S608  a constant


def setup(*, alias: str) -> None:
    """Hook `database.setup`: the function, on the control plane, where the trails are."""
    if alias == "default":
        with connections[alias].cursor() as cursor:
            cursor.execute(_FUNCTION)


def over(before: datetime, *, most: int) -> dict[UUID, int]:
    """By trail, the number of the last of its entries older than `before`, among the `most` oldest of all trails."""
    with connection.cursor() as cursor:
        cursor.execute(_OVER, [before, most])
        return dict(cursor.fetchall())


def cut(chain: UUID, upto: int) -> int:
    """Let a trail's entries up to a number go, behind an anchor; how many went. Needs the worker's role."""
    with transaction.atomic():
        lock(chain)
        with connection.cursor() as cursor:
            cursor.execute("SELECT paasoo_audit_cut(%s, %s)", [chain, upto])
            return int(cursor.fetchone()[0])
