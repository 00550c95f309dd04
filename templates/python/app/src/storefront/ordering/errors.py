"""Why an order is not placed or not cancelled."""

import uuid


class RefusedError(Exception):
    """Something about the order forbids it; nothing was changed."""


class UnknownProductError(RefusedError):
    """There is no such product."""

    def __init__(self, product_id: uuid.UUID) -> None:
        super().__init__(product_id)
        self.product_id = product_id


class InsufficientStockError(RefusedError):
    """There is not enough of a product."""

    def __init__(self, product_id: uuid.UUID) -> None:
        super().__init__(product_id)
        self.product_id = product_id


class MixedCurrenciesError(RefusedError):
    """The products have different currencies."""


class TotalTooLargeError(RefusedError):
    """The total is more than an order may come to."""


class UnknownOrderError(RefusedError):
    """There is no such order, or it is somebody else's."""


class OrderChangedError(RefusedError):
    """The order has another version than the caller saw."""


class NotCancellableError(RefusedError):
    """The order is not in a state from which it can be cancelled."""


class KeyReusedError(RefusedError):
    """The idempotency key belongs to another request."""


class RequestInProgressError(RefusedError):
    """The first attempt under this idempotency key is still running."""
