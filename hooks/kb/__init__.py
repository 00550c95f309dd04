"""The knowledge base as data: what is in it, whether it holds together, and what the site says of it."""
