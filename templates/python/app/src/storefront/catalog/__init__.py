"""Products: what can be ordered."""
