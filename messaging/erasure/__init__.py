"""Erasing single messages and everything of one number, at the customer's word (P-WHO-3)."""
