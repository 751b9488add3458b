"""Key snapshots: the newest key state of each database, so that an old dump opens what lives and nothing else."""
