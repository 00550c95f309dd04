"""A web server on 127.0.0.1 that misbehaves in every way that a link check has to live with.

`PAGES` maps a path to what happens there. A path that is not in it is 404 Not Found.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

HTML = "text/html; charset=utf-8"

AUTHORITY = trustme.CA()
"""Made anew for each run, and trusted by nobody else; it vouches for good.test."""


@dataclass(frozen=True)
class Request:
    at: float
    method: str
    path: str
    headers: dict[str, str]

    @property
    def host(self) -> str:
        return self.headers["host"].partition(":")[0]


class MisbehavingServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Request] = []
        self.hits: Counter[str] = Counter()
        self.patience = 1000
        """After so many requests, none is answered any more."""
        self.open = 0
        self.most_open = 0
        self.names: list[str | None] = []
        """What TLS clients asked for."""
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.changed = threading.Condition()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def paths(self, method: str = "") -> list[str]:
        return [request.path for request in self.requests if method in {"", request.method}]

    def speak_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        AUTHORITY.issue_cert("good.test").configure_cert(context)
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        # The handshake is the handler's, so that a client that breaks it off does not stop the server.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request, client_address):
        """Say nothing: clients that hang up are the point."""


@contextmanager
def serving(*, tls: bool = False):
    server = MisbehavingServer()
    if tls:
        server.speak_tls()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True

    def do_GET(self):
        server = self.server
        headers = {name.lower(): value for name, value in self.headers.items()}
        with server.lock:
            server.requests.append(Request(time.monotonic(), self.command, self.path, headers))
            server.hits[self.path] += 1
            is_patient = len(server.requests) <= server.patience
        behave = PAGES.get(self.path.partition("?")[0], _status(404))
        (behave if is_patient else _hang)(self)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def start(self):
        """Begin a page whose end is the end of the connection."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", HTML)
        self.end_headers()

    def reset(self):
        """Close the connection so that the client gets a reset instead of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile.flush()
        self.connection.close()


def _status(status, **headers):
    return lambda handler: handler.answer(status, **headers)


def _page(body, content_type=HTML, **headers):
    return lambda handler: handler.answer(200, body, Content_Type=content_type, **headers)


def _first(times, status, **headers):
    """Answer so for the first times, and then with a page."""

    def behave(handler):
        if handler.server.hits[handler.path] <= times:
            handler.answer(status, **headers)
        else:
            handler.answer(200, b"<p id=late>", Content_Type=HTML)

    return behave


def _unless_get(status):
    def behave(handler):
        handler.answer(200 if handler.command == "GET" else status, b"<p id=here>", Content_Type=HTML)

    return behave


def _hang(handler):
    handler.close_connection = True
    handler.server.stopping.wait(10)


def _drop(handler):
    handler.close_connection = True


def _three_together(handler):
    """Answer when three requests were open at once, and a little later, so that a fourth would be noticed."""
    server = handler.server
    with server.changed:
        server.open += 1
        server.most_open = max(server.most_open, server.open)
        server.changed.notify_all()
        server.changed.wait_for(lambda: server.most_open >= 3, timeout=5)
    time.sleep(0.02)
    with server.changed:
        server.open -= 1
    handler.answer(200)


def _slow(handler):
    time.sleep(0.02)
    handler.answer(200)


def _reset(handler):
    handler.reset()


def _reset_in_body(handler):
    handler.start()
    handler.wfile.write(b"<p id=early>" + b"x" * 2000)
    if handler.command == "GET":
        time.sleep(0.05)
        handler.reset()


def _reset_in_body_once(handler):
    if handler.server.hits[handler.path] == 1:
        _reset_in_body(handler)
    else:
        handler.answer(200, b"<p id=late>", Content_Type=HTML)


def _endless(handler):
    handler.start()
    handler.wfile.write(b"<p id=early>")
    while not handler.server.stopping.is_set():
        handler.wfile.write(b"<p>and so on" + b"x" * 10_000)


def _drip(handler):
    handler.start()
    handler.wfile.write(b"<p id=early>")
    while not handler.server.stopping.wait(0.02):
        handler.wfile.write(b".")


def _drip_headers(handler):
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not handler.server.stopping.wait(0.02):
        handler.wfile.write(b".")
        handler.wfile.flush()


def _raw(text):
    def behave(handler):
        handler.close_connection = True
        handler.wfile.write(text)

    return behave


def _cookie(handler):
    handler.answer(302, Location="/cookie-eater", Set_Cookie="taste=sweet; Path=/")


def _named(handler):
    """Redirect to the port of the same server on another host: /to?host/path."""
    host, _, path = handler.path.partition("?")[2].partition("/")
    handler.answer(302, Location=handler.server.url(f"/{path}", host))


PAGES = {
    "/fine": _page(b"<h1 id=one>One</h1><a name=old>Old</a><h2 id='two-words'>Two</h2><i id='\xc3\xbc'></i>"),
    "/gone": _status(410),
    "/head-405": _unless_get(405),
    "/head-404": _unless_get(404),
    "/head-501": _unless_get(501),
    "/head-403": _unless_get(403),
    "/head-400": _unless_get(400),
    "/head-503": _unless_get(503),
    "/moved": _status(301, Location="/moved-on"),
    "/moved-on": _status(308, Location="/fine"),
    "/moved-then-found": _status(301, Location="/found"),
    "/found": _status(302, Location="/fine"),
    "/found-then-moved": _status(307, Location="/moved-on"),
    "/moved-to-fragment": _status(301, Location="/fine#one"),
    "/moved-to-nothing": _status(301, Location="/nothing"),
    "/moved-nowhere": _status(301),
    "/moved-to-nonsense": _status(301, Location="http://[::1"),
    "/moved-to-mail": _status(302, Location="mailto:a@b.test"),
    "/moved-to-ftp": _status(302, Location="ftp://a.test/file"),
    "/loop": _status(302, Location="/loop-back"),
    "/loop-back": _status(302, Location="/loop"),
    "/to-private": _status(302, Location="http://10.0.0.1/admin"),
    "/to-mapped": _status(302, Location="http://[::ffff:10.0.0.1]/admin"),
    "/to": _named,
    "/429-then-fine": _first(1, 429, Retry_After="7"),
    "/429-for-long": _status(429, Retry_After="86400"),
    "/503-twice": _first(2, 503),
    "/503": _status(503),
    "/501": _status(501),
    "/401": _status(401, WWW_Authenticate='Basic realm="x"'),
    "/403": _status(403),
    "/hang": _hang,
    "/drop": _drop,
    "/reset": _reset,
    "/reset-in-body": _reset_in_body,
    "/reset-in-body-once": _reset_in_body_once,
    "/endless": _endless,
    "/drip": _drip,
    "/drip-headers": _drip_headers,
    "/huge-headers": _raw(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n"),
    "/no-http": _raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "/gzip": _page(gzip.compress(b"<p id=packed>"), Content_Encoding="gzip"),
    "/broken-gzip": _page(b"<p id=packed>", Content_Encoding="gzip"),
    "/bomb": _page(gzip.compress(gzip.compress(b"0" * 1_000_000)), Content_Encoding="gzip, gzip"),
    "/pdf": _page(b"%PDF-1.7 <p id=one>", "application/pdf"),
    "/typeless": _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n<p id='one'>"),
    "/invalid-utf-8": _page(b"\xff\xfe\x80 <p id=ok> <p id='\xff'>"),
    "/latin-1": _page(b"<p id='\xfc'>", "text/html; charset=iso-8859-1"),
    "/no-charset": _page(b"<p id=one>", "text/html; charset=rot13"),
    "/malformed": _page(b"<p id=one><![bogus[<p id=two>"),
    "/long": _page(b"<p id=early>" + b"x" * 3_000_000 + b"<p id=after-the-cap>"),
    "/three-together": _three_together,
    "/cookie": _cookie,
    "/cookie-eater": _status(200),
    **{f"/slow/{number}": _slow for number in range(100)},
}
