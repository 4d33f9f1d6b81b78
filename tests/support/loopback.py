"""Servers on loopback that run while a test does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # readers open many connections at once
    daemon_threads = True


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[int]:
    """Answer on a free port of 127.0.0.1 while the block runs; gives the port."""
    with _Server(("127.0.0.1", 0), handler) as server:
        # It looks this often whether it is to end; by default each test would wait half a second.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
