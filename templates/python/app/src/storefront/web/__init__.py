"""HTTP: everything between a connection and a function of the domain."""
