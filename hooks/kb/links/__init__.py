"""Whether every link leads somewhere: on the code host, on the site, and in the world outside."""
