"""Closing an account and erasing a person."""
