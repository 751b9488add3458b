"""Telling the accounts that a new bound of retention touches, before it holds. Keeps P-RET-11, P-POL-1."""
