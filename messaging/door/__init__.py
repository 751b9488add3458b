"""The door: a bare ASGI callable that answers the classic `/json`, committing whatever queued up meanwhile."""
