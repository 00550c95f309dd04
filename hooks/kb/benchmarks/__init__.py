"""What was measured of the templates, and whether it can be believed."""
