"""How a text is encoded and counted: GSM 03.38 or UCS-2, and the segments that are billed."""
