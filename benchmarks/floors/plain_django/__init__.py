"""A plain Django project that accepts a message as most would write it: check the key, save by the ORM, delay a task.

It is given every kindness: no middleware, persistent connections, the key in memory, no limits and no billing.
"""
