"""What can be wrong about who somebody is."""


class NotAuthenticatedError(Exception):
    """There are no valid credentials: neither which, nor why."""
