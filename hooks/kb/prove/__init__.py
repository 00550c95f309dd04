"""Extracts every code fence, compiles it, and runs the proofs of the rules on a real PostgreSQL."""
