"""Pages for whoever works on the portal; in production there are none."""
