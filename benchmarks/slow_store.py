"""A folder of volumes behind HTTP, with a wait before each answer, as a bucket far away has it."""

from __future__ import annotations

import contextlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar


class _Handler(http.server.BaseHTTPRequestHandler):
    """Serves the files of `folder`; `name.gz` is sent for `name` as what it is, compressed."""

    protocol_version = "HTTP/1.1"
    folder: ClassVar[Path]
    wait_s: ClassVar[float]
    on_read: ClassVar[Callable[[], None]]

    def do_GET(self) -> None:
        type(self).on_read()
        time.sleep(self.wait_s)
        plain = self.folder / self.path.lstrip("/")
        packed = plain.with_name(f"{plain.name}.gz")
        if plain.is_file():
            self._send(plain.read_bytes())
        elif packed.is_file():
            self._send(packed.read_bytes(), encoding="gzip")
        else:
            self.send_error(404)

    def _send(self, content: bytes, encoding: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are counted elsewhere."""


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # readers open many connections at once
    daemon_threads = True


@contextlib.contextmanager
def slow_store(
    folder: Path, wait_s: float, on_read: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """Serve `folder` on a free port of this machine; gives the address.

    `on_read` is called at each request, in a thread of the store.
    """
    own = {"folder": folder, "wait_s": wait_s, "on_read": staticmethod(on_read)}
    handler = type("Handler", (_Handler,), own)
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
