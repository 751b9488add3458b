"""The team, invitations and the trail, through the pages."""
