"""Benchmarks with their floors: `python -m benchmarks [NAME]`, results in benchmarks/results/NAME.json."""
