"""Accepting a message: the same rules, sealing and SQL for the door and for the portal's own page."""
