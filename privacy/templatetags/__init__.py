"""What the staff pages show of the engine."""
