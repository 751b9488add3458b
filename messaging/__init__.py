"""Traffic Data and Usage Data: messages, APIs, carriers, receipts, usage, statistics."""
