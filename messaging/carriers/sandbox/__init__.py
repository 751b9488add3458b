"""A carrier for development and tests that really queues, answers late, and keeps its own ledger."""
