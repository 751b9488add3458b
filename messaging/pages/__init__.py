"""The portal's pages about messages: home, the log, one message, sending one.

Views parse and render; selectors here read, in the account's scope on the region's database; services write.
"""
