"""The portal in a real browser, on the real processes: journeys, accessibility, and what the policy would
report.
"""
