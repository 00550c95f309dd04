"""Whether the links that leave the repository still lead somewhere."""
