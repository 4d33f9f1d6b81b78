"""A real HTTP server on loopback that receives webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.support.loopback import serving


@dataclass
class Receiver:
    """What was received, and how the next requests are answered (200 when nothing is left)."""

    address: str = ""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server that runs while the block does."""
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.received.append((dict(self.headers), body))
            self.send_response(seen.answers.pop(0) if seen.answers else 200)
            self.send_header("Location", f"{seen.address}elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # the tests look themselves
            return

    with serving(Handler) as port:
        seen.address = f"http://127.0.0.1:{port}/"
        yield seen
