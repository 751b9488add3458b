"""Who else touches the data, for what, and where (P-SUB-1)."""
