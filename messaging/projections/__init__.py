"""What a region must know of the control plane to accept a message on its own."""
