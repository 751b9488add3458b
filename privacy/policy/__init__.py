"""The privacy policy: every version stays readable, material changes are told to those affected (P-POL-1)."""
