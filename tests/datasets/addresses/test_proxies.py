"""Where a proxy connects instead of this machine, no private machine can be named either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.datasets.gateways.fetching import FetchError
from tests.datasets.addresses.test_fetching import fetched, reachable
from tests.support.web import Answer, Asked, Web, web

PUBLIC = "http://store.example.org/t.csv"


@pytest.fixture(params=["http://127.0.0.1:{}", "127.0.0.1:{}"])
def proxy(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[Asked], Answer]], Web]]:
    """Begins a proxy that answers by itself, and names it as the environment may."""
    opened = []

    def begin(answer: Callable[[Asked], Answer]) -> Web:
        running = web(answer)
        server = running.__enter__()
        opened.append(running)
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, request.param.format(server.port))
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        return server

    with reachable():
        yield begin
    for running in opened:
        running.__exit__(None, None, None)


Begin = Callable[[Callable[[Asked], Answer]], Web]


def test_a_private_proxy_is_asked(proxy: Begin, tmp_path: Path) -> None:
    server = proxy(lambda _: Answer(body=b"table"))
    assert fetched(PUBLIC, tmp_path) == b"table"
    assert [asked.path for asked in server.asked] == [PUBLIC]


@pytest.mark.parametrize(
    "onward",
    [
        *(
            "http://127.0.0.1/",
            "http://169.254.169.254/latest",
            "http://localhost/",
            "http://127.1/",
        ),
        *("http://[::1]/", "http://2130706433/", "https://10.0.0.1/", "https://[fd00::1]:8443/"),
    ],
)
def test_redirects_behind_it_are_looked_at(proxy: Begin, tmp_path: Path, onward: str) -> None:
    server = proxy(lambda _: Answer(302, headers={"Location": onward}))
    with pytest.raises(FetchError, match="private network"):
        fetched(PUBLIC, tmp_path)
    assert [asked.path for asked in server.asked] == [PUBLIC]


def test_the_proxy_itself_is_no_place_to_read_from(
    proxy: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither through it, nor past it."""
    server = proxy(lambda _: Answer(body=b"its own pages"))
    for passed_by in ("", "127.0.0.1"):
        monkeypatch.setenv("NO_PROXY", passed_by)
        with pytest.raises(FetchError, match="private network"):
            fetched(f"http://127.0.0.1:{server.port}/", tmp_path)
    assert server.asked == []
