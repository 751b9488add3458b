"""From the accepted row to the carrier, back through receipts, out to the customer's URL."""
