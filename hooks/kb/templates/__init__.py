"""The starter templates: their pages and the projects beside them."""
