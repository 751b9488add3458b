"""The desk that answers authorities: each order checked, answered as little as it asks, by two people, and told (P-RET-9, P-RET-12)."""
