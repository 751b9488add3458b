"""What survives a message: the accounting record per account, and figures that identify nobody."""
