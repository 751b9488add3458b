"""The classic API: what PaaSoo's existing clients speak, unchanged."""
