"""The floor: tenancy scope, regions and router, audit, clock, HTTP helpers. It knows no other app."""
