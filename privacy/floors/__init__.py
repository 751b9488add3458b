"""Statutory floors: what the law makes a provider keep outranks erasure, where a floor is switched on (P-RET-12)."""
