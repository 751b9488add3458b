"""Customer Account Data: people, accounts, teams, invitations, API keys, billing."""
