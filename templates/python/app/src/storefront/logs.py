"""One JSON object a line on standard output, whoever writes it: this application or a library."""

import logging
import sys

import structlog
from opentelemetry import trace
from structlog.processors import ExceptionRenderer, JSONRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
SPELLING = {"warning": "warn", "critical": "error", "exception": "error"}


def configure(level: str) -> None:
    """Make structlog and the standard library's loggers speak alike."""
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_level,
        _add_trace,
        TimeStamper(fmt="iso", utc=True, key="time"),
        # Without the local variables of the frames: a password may be one of them.
        ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=20)),
        structlog.processors.EventRenamer("msg"),
    ]
    structlog.configure(
        processors=[*chain, JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[ProcessorFormatter.remove_processors_meta, JSONRenderer()],
        )
    )
    logging.basicConfig(handlers=[handler], level=LEVELS[level], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    # It tells the URL of every request, and the URL of a webhook is often a secret.
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def _add_level(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["level"] = SPELLING.get(method, method)
    return event


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
    return event
