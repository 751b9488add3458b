"""`make run`: one manager for the embedded services and the portal's processes, with one merged log.

It imports no Django, so that a second start shows the first page within seconds.
"""
