"""English as written in Dublin."""
