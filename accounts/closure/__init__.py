"""Closing an account: a week to change one's mind, then everything that need not stay is gone. Keeps P-RET-4 to 7."""
