"""Cookies and consent: nothing optional before a choice, each choice proven, withdrawn as easily as given (P-CON-1)."""
