"""Measures the templates side by side: the same operations, the same rows, one load generator, one run."""
