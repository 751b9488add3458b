"""HTTP helpers: request ids, client addresses, problem details, recent authentication, cursor pages."""
