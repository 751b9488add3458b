"""Certificates of erasure: canonical JSON, chained and signed."""
