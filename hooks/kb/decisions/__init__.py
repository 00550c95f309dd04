"""The decision tree: what it asks, what was chosen, and whether that stands together."""
