"""Messages and every state they pass through."""
