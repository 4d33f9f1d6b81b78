"""A folder of volumes behind HTTP whose server can stop to answer, as one that is overloaded."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.loopback import serving


@dataclass
class HangingStore:
    """`hangs`: chunks never come, though all else does. `asked`: chunks that were asked for."""

    address: str = ""
    hangs: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def hanging_store(folder: Path) -> Iterator[HangingStore]:
    """Serve `folder` on a free port of this machine."""
    store = HangingStore()
    ended = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            plain = folder / self.path.lstrip("/")
            if plain.parent.parent.parent == folder:  # a chunk, in the folder of its mip
                store.asked.append(self.path)
                if store.hangs.is_set():
                    ended.wait()
                    self.close_connection = True
                    return
            self._send(plain)

        def _send(self, plain: Path) -> None:
            packed = plain.with_name(f"{plain.name}.gz")
            found = plain if plain.is_file() else packed
            if not found.is_file():
                self.send_error(404)
                return
            content = found.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            if found == packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: what was asked for is in the list."""

    with serving(Handler) as port:
        store.address = f"http://127.0.0.1:{port}"
        try:
            yield store
        finally:
            ended.set()
