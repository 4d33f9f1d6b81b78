"""A file that nears 400 lines becomes a package."""

from __future__ import annotations

from synanno_server.env import REPOSITORY

ROOTS = ("apps", "synanno_server", "workers", "benchmarks", "tests")
LIMIT = 400


def test_no_source_file_is_longer_than_the_limit() -> None:
    sources = [
        path
        for root in ROOTS
        for kind in ("*.py", "*.ts", "*.tsx")
        for path in (REPOSITORY / root).rglob(kind)
        if "migrations" not in path.parts
    ]
    assert sources
    long = {str(path): n for path in sources if (n := len(path.read_text().splitlines())) > LIMIT}
    assert long == {}
