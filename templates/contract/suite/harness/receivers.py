"""Stands in for the systems that an application sends to: the receiver of its events and of its traces."""

from __future__ import annotations

import gzip
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message


def _body(headers: Message, stream: BinaryIO) -> bytes:
    """Read a request's body, whether its length is told before or chunk by chunk."""
    if headers["Transfer-Encoding"] != "chunked":
        return stream.read(int(headers["Content-Length"]))
    chunks = []
    while size := int(stream.readline().partition(b";")[0], 16):
        chunks.append(stream.read(size))
        stream.readline()
    while stream.readline().strip():
        pass  # trailers
    return b"".join(chunks)


class Receiver:
    """An HTTP server on a free port that keeps what is posted to it; use it in a `with`."""

    def __init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = _body(self.headers, self.rfile)
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                status = receiver.receive(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: object) -> None:
                del words

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 100

            def handle_error(self, *words: object) -> None:
                del words  # a client that was killed

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def receive(self, path: str, headers: Message, body: bytes) -> int:
        """Take what was posted; return the status to answer with."""
        raise NotImplementedError


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver an event."""

    headers: Mapping[str, str]
    event: Mapping[str, Any]
    arrived: float

    @property
    def order(self) -> str:
        """The id of the order that it is about."""
        return str(self.event["data"]["id"])


class Webhook(Receiver):
    """Receives events; a case may make it fail or dawdle."""

    def __init__(self) -> None:
        super().__init__()
        self.deliveries: list[Delivery] = []
        """All attempts, whatever they were answered with."""
        self.fail_for: str | None = None
        """Answer 500 to events that have this text."""
        self.delay = 0.0
        """Seconds before an answer."""

    def receive(self, path: str, headers: Message, body: bytes) -> int:
        """Keep an event."""
        del path
        folded = {name.lower(): value for name, value in headers.items()}
        delivery = Delivery(folded, json.loads(body), time.monotonic())
        status = 500 if self.fail_for and self.fail_for in json.dumps(delivery.event) else 204
        self.deliveries.append(delivery)
        time.sleep(self.delay)
        return status

    def about(self, order: str, kind: str = "order.placed") -> list[Delivery]:
        """Return the attempts to deliver one event of an order."""
        return [each for each in self.deliveries if each.order == order and each.event["type"] == kind]


@dataclass(frozen=True)
class Span:
    """A finished operation of a trace."""

    trace: str
    parent: str
    name: str
    is_server: bool
    service: str
    attributes: Mapping[str, str]


class Traces(Receiver):
    """Receives spans by OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[Span] = []

    def receive(self, path: str, headers: Message, body: bytes) -> int:
        """Keep the spans of an export."""
        if path != "/v1/traces" or headers["Content-Type"] != "application/x-protobuf":
            return 404
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.spans += [
                Span(
                    span.trace_id.hex(),
                    span.parent_span_id.hex(),
                    span.name,
                    span.kind == span.SPAN_KIND_SERVER,
                    named.get("service.name", ""),
                    {each.key: str(each.value) for each in span.attributes},
                )
                for scope in resource.scope_spans
                for span in scope.spans
            ]
        return 200

    def of(self, trace: str) -> list[Span]:
        """Return the spans of a trace."""
        return [span for span in self.spans if span.trace == trace]
