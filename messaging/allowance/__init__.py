"""What an account may still spend in a region, so that accepting touches the region's database alone."""
