"""Who somebody is: accounts, passwords and tokens."""
