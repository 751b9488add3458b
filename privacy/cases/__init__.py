"""Named exceptions: copies for billing, reconciliation, troubleshooting and against abuse, each limited and told (P-RET-8)."""
