"""Database objects that belong to no table: DDL functions that the worker may call without owning anything."""

from __future__ import annotations

from typing import Final

from django.db import connections

# The names are checked against the parent's own, so the worker can make and drop partitions and nothing else.
FUNCTIONS: Final = """
CREATE OR REPLACE FUNCTION paasoo_partition_create(parent text, child text, low uuid, high uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF child !~ ('^' || parent || '_[0-9]{8}$')
     OR NOT EXISTS (SELECT 1 FROM pg_partitioned_table p WHERE p.partrelid = to_regclass(parent)) THEN
    RAISE EXCEPTION 'not a partition of a partitioned table';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(child, 29));
  IF to_regclass(child) IS NOT NULL THEN
    RETURN;
  END IF;
  -- Not PARTITION OF: that waits for everybody who uses the parent, and makes all others wait meanwhile.
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
  EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', child);
  EXECUTE format('GRANT SELECT ON %I TO paasoo_backup', child);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, low, high);
END $$;
CREATE OR REPLACE FUNCTION paasoo_partition_drop(parent text, child text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = to_regclass(parent)
                 AND inhrelid = to_regclass(child)) THEN
    RETURN;
  END IF;
  SET LOCAL lock_timeout = '4s';
  EXECUTE format('DROP TABLE %I', child);
END $$;
CREATE OR REPLACE FUNCTION paasoo_epoch_partition_create(parent text, epoch integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE child text := parent || '_epoch_' || epoch;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_partitioned_table p WHERE p.partrelid = to_regclass(parent)) THEN
    RAISE EXCEPTION 'not a partitioned table';
  END IF;
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES IN (%L)', child, parent, epoch);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
  EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', child);
  EXECUTE format('GRANT SELECT ON %I TO paasoo_backup', child);
END $$;
REVOKE ALL ON FUNCTION paasoo_partition_create(text, text, uuid, uuid),
  paasoo_partition_drop(text, text), paasoo_epoch_partition_create(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION paasoo_partition_create(text, text, uuid, uuid),
  paasoo_partition_drop(text, text), paasoo_epoch_partition_create(text, integer) TO paasoo_worker;
"""


def apply(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(FUNCTIONS)
