"""The tools that the site names: libraries, products and standards, each with what is known of it."""
