"""How days and numbers are written, where we differ from Django's habit for a language."""
