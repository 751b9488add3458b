"""The privacy centre, as members, administrators and visitors use it."""
