"""A file that the site does not show."""
