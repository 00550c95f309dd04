"""What Prometheus reads."""

from collections.abc import Iterator

from prometheus_client import Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

REQUEST_DURATION = Histogram(
    "http_server_request_duration_seconds",
    "From the end of a request's head to the end of its answer.",
    ["http_request_method", "http_route", "http_response_status_code"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
)
CONNECTION_WAIT = Histogram(
    "db_client_connection_wait_time_seconds",
    "How long a transaction waited for its connection (BK126).",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)


class PoolCollector(Collector):
    """Reads the state of a connection pool when it is asked for."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Return how many connections there are, and may be."""
        pool = self._engine.pool
        if not isinstance(pool, QueuePool):
            return
        count = GaugeMetricFamily(
            "db_client_connection_count", "Connections by state.", labels=["db_client_connection_state"]
        )
        count.add_metric(["used"], pool.checkedout())
        count.add_metric(["idle"], pool.checkedin())
        yield count
        yield GaugeMetricFamily("db_client_connection_max", "Connections there may be.", value=pool.size())
