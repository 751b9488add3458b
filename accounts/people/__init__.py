"""People who sign in: customers' users and staff."""
