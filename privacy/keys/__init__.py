"""Data keys, epoch keys and their vault: deleting is not carrying over."""
