"""What an erased message had used is counted in the statement that takes it, so that its day is settled whole (P-RET-4)."""

from __future__ import annotations

from typing import Final

# After a CTE `gone`, which returns whole rows of messages.
COUNTED: Final = """counted AS (
  INSERT INTO messaging_erasedusage
    (account_id, day, country, network, channel, direction, state, messages, segments, amount)
  SELECT account_id, (uuid_extract_timestamp(id) AT TIME ZONE 'UTC')::date, country, network, channel, direction, state,
    count(*), sum(segments), sum(segments * price)
  FROM gone GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (account_id, day, country, network, channel, direction, state) DO UPDATE SET
    messages = messaging_erasedusage.messages + excluded.messages,
    segments = messaging_erasedusage.segments + excluded.segments,
    amount = messaging_erasedusage.amount + excluded.amount
)"""
