"""The rules: what they are, how their files are read, and whether they hold together."""
