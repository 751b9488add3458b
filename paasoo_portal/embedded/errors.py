"""The one error of the embedded services."""


class EmbeddedError(Exception):
    """An embedded service cannot be run; the text says to a person what to do."""
