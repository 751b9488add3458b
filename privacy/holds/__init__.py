"""Legal holds: what a court or an authority told us to preserve outlives its due day, and nothing else does (P-RET-9)."""
