"""The debit that can never overspend, as a function: ingest may call it and touch no row otherwise."""

from __future__ import annotations

from typing import Final

from django.db import connections

DEBIT: Final = """
CREATE OR REPLACE FUNCTION paasoo_allowance_debit(accounts uuid[], amounts numeric[]) RETURNS boolean[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  answers boolean[] := '{}';
  wanted numeric; taken numeric; held numeric; first_slot smallint;
  slots smallint[]; held_by_slot numeric[]; done boolean;
BEGIN
  -- Callers name each account once and in ascending order, so debits never wait for each other in a circle.
  FOR i IN 1 .. coalesce(array_length(accounts, 1), 0) LOOP
    wanted := amounts[i];
    first_slot := floor(random() * 16)::smallint;
    UPDATE messaging_allowance SET amount = amount - wanted
      WHERE account_id = accounts[i] AND slot = first_slot AND amount >= wanted;
    done := FOUND;
    IF NOT done THEN
      -- Only amounts of rows that this statement itself has locked may be relied on: rows credited for the
      -- first time meanwhile are not among them, and a later SELECT would see them without holding them.
      SELECT array_agg(slot ORDER BY amount DESC), array_agg(amount ORDER BY amount DESC),
          coalesce(sum(amount), 0)
        INTO slots, held_by_slot, held
        FROM (SELECT slot, amount FROM messaging_allowance WHERE account_id = accounts[i]
              ORDER BY slot FOR UPDATE) AS locked;
      done := held >= wanted;
      FOR n IN 1 .. CASE WHEN done THEN coalesce(array_length(slots, 1), 0) ELSE 0 END LOOP
        EXIT WHEN wanted <= 0;
        taken := least(held_by_slot[n], wanted);
        UPDATE messaging_allowance SET amount = amount - taken
          WHERE account_id = accounts[i] AND slot = slots[n];
        wanted := wanted - taken;
      END LOOP;
    END IF;
    answers := answers || done;
  END LOOP;
  RETURN answers;
END $$;
REVOKE ALL ON FUNCTION paasoo_allowance_debit(uuid[], numeric[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION paasoo_allowance_debit(uuid[], numeric[])
  TO paasoo_ingest, paasoo_app, paasoo_worker;
"""


def setup(*, alias: str) -> None:
    """Hook `database.setup`: create the function in a region's database."""
    if alias != "default":
        with connections[alias].cursor() as cursor:
            cursor.execute(DEBIT)
