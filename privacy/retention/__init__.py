"""Retention: instructions, plan, enforcement, sweep, verification."""
