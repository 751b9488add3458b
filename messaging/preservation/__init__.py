"""Copies of messages under a legal hold or a named exception: made before the originals go (P-RET-8, P-RET-9)."""
