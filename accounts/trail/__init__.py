"""The audit trail as an account's administrators read it. Keeps P-SEC-2: a look by staff is shown."""
