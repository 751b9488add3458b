"""Alarms over the promise: what should have happened and did not, who is told, and the sign of life to the outside."""
