"""What drills need of the whole: copies of the embedded cluster and their restoring, an account's world, and child processes."""
