"""The privacy centre: one place for every right, for everybody with a sign-in. Keeps P-RGT-1, P-WHO-2."""
