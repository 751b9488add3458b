"""A copy of what is held: made by a worker from the catalogue, sealed, fetched by who asked, gone in a week."""
