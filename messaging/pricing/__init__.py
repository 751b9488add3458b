"""What a segment costs, per country and network."""
