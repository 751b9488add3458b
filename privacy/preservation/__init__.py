"""Preserved copies: what a hold or a named exception covers, sealed anew under a key of its own (P-RET-8, P-RET-9).

The originals go on as instructed. A copy is read by the disclosure desk's jobs alone, and dies with its key.
"""
