"""Run the stand-in until it is ended."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.support.cave_annotations.server import Server, StandIn


def main() -> None:
    """Serve, and tell the port in a file once it is open."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with Server(StandIn(), given.port) as server:
        beside = given.port_file.with_suffix(".new")
        beside.write_text(str(server.server_port))
        beside.rename(given.port_file)
        server.serve_forever()


main()
