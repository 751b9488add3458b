"""Erasing a person, as the catalogue says of each of their rows. Keeps P-RGT-1, P-RET-1."""
