"""The public site and its cookies, as visitors meet them."""
