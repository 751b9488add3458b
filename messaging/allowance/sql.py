"""The debit that can never overspend, as a function: ingest may call it and touch no row otherwise."""

from __future__ import annotations

from typing import Final

from django.db import connections

DEBIT: Final = """
CREATE OR REPLACE FUNCTION paasoo_allowance_debit(accounts uuid[], amounts numeric[]) RETURNS boolean[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  answers boolean[] := '{}';
  wanted numeric; taken numeric; first_slot integer; part record; done boolean;
BEGIN
  -- Callers name each account once and in ascending order, so debits never wait for each other in a circle.
  FOR i IN 1 .. coalesce(array_length(accounts, 1), 0) LOOP
    wanted := amounts[i];
    first_slot := floor(random() * 16)::integer;
    UPDATE messaging_allowance SET amount = amount - wanted
      WHERE account_id = accounts[i] AND slot = first_slot AND amount >= wanted;
    done := FOUND;
    IF NOT done THEN
      PERFORM 1 FROM messaging_allowance WHERE account_id = accounts[i] ORDER BY slot FOR UPDATE;
      SELECT coalesce(sum(amount), 0) >= wanted INTO done
        FROM messaging_allowance WHERE account_id = accounts[i];
      IF done THEN
        FOR part IN SELECT slot, amount FROM messaging_allowance
                    WHERE account_id = accounts[i] AND amount > 0 ORDER BY amount DESC LOOP
          EXIT WHEN wanted <= 0;
          taken := least(part.amount, wanted);
          UPDATE messaging_allowance SET amount = amount - taken
            WHERE account_id = accounts[i] AND slot = part.slot;
          wanted := wanted - taken;
        END LOOP;
      END IF;
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
