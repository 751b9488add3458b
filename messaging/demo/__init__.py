"""A customer's portal to look at: two companies, their people and keys, and sixty days of traffic.

Everything goes through the services, the accept rules, the sealing and the nightly runs, with the clock
moved. Not for production: the command refuses.
"""
