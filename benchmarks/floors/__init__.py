"""What the product is measured against: the same work done plainly."""
