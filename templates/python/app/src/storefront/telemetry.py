"""Traces, sent by OTLP over HTTP; without an endpoint none are made."""

import asyncio
from threading import Thread

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from storefront.settings import ProcessSettings

EXPORT_SECONDS = 5
"""How long one export may take, and all that is left at the end of the process."""


class WithoutQuery(SpanProcessor):
    """Keeps what callers put into a query, tokens at worst, out of the spans that FastAPI makes."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - its name is given
        """Hide the value; FastAPI has no setting to leave it out."""
        if span.attributes and "url.query" in span.attributes:
            span.set_attribute("url.query", "REDACTED")


class Telemetry:
    """The tracer provider of this process, if it has one."""

    def __init__(self, settings: ProcessSettings) -> None:
        # Baggage is left out: it would be handed on from strangers.
        propagate.set_global_textmap(TraceContextTextMapPropagator())
        self._provider: TracerProvider | None = None
        if settings.otel_exporter_otlp_endpoint:
            endpoint = f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces"
            self._provider = TracerProvider(
                resource=Resource.create({SERVICE_NAME: settings.otel_service_name}), shutdown_on_exit=False
            )
            self._provider.add_span_processor(WithoutQuery())
            exporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS)
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
            trace.set_tracer_provider(self._provider)

    async def close(self) -> None:
        """Send what has not been sent, as long as that may take."""
        if self._provider:
            # By itself it takes 30 seconds where nobody answers; as a daemon, it does not hold up the exit.
            sending = Thread(target=self._provider.shutdown, daemon=True)
            sending.start()
            await asyncio.to_thread(sending.join, EXPORT_SECONDS)


def current_traceparent() -> str | None:
    """Return the header that continues the current trace elsewhere."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")
