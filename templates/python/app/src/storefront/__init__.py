"""Storefront: accounts, products with stock, and orders that can be sent twice without harm."""
