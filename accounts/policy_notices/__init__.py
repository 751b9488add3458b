"""Telling people of a material change to the policy before it is in force. Keeps P-POL-1."""
