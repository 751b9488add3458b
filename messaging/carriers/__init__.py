"""Carriers, one folder each with the same few files; they know nothing of each other."""
