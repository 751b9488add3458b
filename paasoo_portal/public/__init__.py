"""Pages for everybody, signed in or not; for now those that say what went wrong."""
