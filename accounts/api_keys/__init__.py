"""Keys with which a customer's programs call the API."""
