"""Telling a customer's own servers what became of their messages, after the Standard Webhooks specification."""
