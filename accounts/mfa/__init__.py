"""The second factor and passkeys: allauth's, with sealed secrets, and required of those whose sign-in opens most."""
