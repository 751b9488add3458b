"""Drills: proving on real copies that what was erased cannot be read and what lives can."""
