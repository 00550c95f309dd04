"""What uvicorn leaves open: how long a head, a body and an answer may take, and how long a head may be."""

import asyncio
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from storefront.web.context import STANDARD_HEADERS, new_request_id
from storefront.web.problems import Kind, render

HEAD_LIMIT_BYTES = 32_768


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, closing connections that take longer or send more."""

    seconds: ClassVar[float]
    """For each of: a head, a body, and the client to take what was written."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = True
        self._head_bytes = 0
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn does
        """Wait for the first head."""
        super().connection_made(transport)
        self._expect_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._expect_nothing()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request, or the beginning of the next."""
        if not self._reading:
            self._expect_more()
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_LIMIT_BYTES and not self.transport.is_closing():
            self._refuse(Kind.MALFORMED_REQUEST)

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        self._in_head = False
        self._expect_more()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for nothing until there is another request."""
        self._in_head = True
        self._head_bytes = 0
        self._expect_nothing()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Give the client so long to take what was written."""
        super().pause_writing()
        self._writing = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on, now that it has taken it."""
        super().resume_writing()
        if self._writing:
            self._writing.cancel()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        del msg  # is in the log
        self._refuse(Kind.MALFORMED_REQUEST)

    def _expect_more(self) -> None:
        self._expect_nothing()
        self._reading = self.loop.call_later(self.seconds, self._give_up)

    def _expect_nothing(self) -> None:
        if self._reading:
            self._reading.cancel()
            self._reading = None

    def _give_up(self) -> None:
        self._reading = None
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and self._in_head:
            self._expect_more()  # of a pipelined request; its turn has not come
        elif self._in_head and self._head_bytes:
            self._refuse(Kind.REQUEST_TIMEOUT)
        elif not answering:
            self.transport.close()
        # else: the application waits for the body, and answers 408 itself

    def _refuse(self, kind: Kind) -> None:
        """Answer a request that no application will see, and close."""
        request_id = new_request_id()
        body = render(kind, request_id)
        headers = {
            **STANDARD_HEADERS,
            "X-Request-Id": request_id,
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        self.transport.write(STATUS_LINE[kind.status] + lines + b"\r\n" + body)
        self.transport.close()


def bounded(seconds: float) -> type[BoundedProtocol]:
    """Return the protocol with these bounds."""
    return type("BoundedProtocol", (BoundedProtocol,), {"seconds": seconds})
