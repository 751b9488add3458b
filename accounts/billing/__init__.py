"""Money: prepaid balances, the append-only ledger, and what each region may spend."""
