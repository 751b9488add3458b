"""The engine: catalogue, keys, retention, rights, consent, policy, governance. It knows others by registration."""
