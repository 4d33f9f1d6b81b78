"""One way to CAVE's services, for whoever reads there or writes: its own client, but patient no
longer than told, sent on to nobody, and opening no browser.

Importing it takes a second and 125 MB: only workers and commands do.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import caveclient.base
import pyarrow as pa
import requests
from caveclient import CAVEclient
from caveclient.base import AuthException, ServerIncompatibilityError
from pyarrow import ipc
from requests.adapters import HTTPAdapter

from apps.datasets.gateways.guarded import guard_readers
from apps.datasets.gateways.guarded.cave_login import cave_login
from apps.datasets.gateways.guarded.cloud_files import refusal_in
from apps.datasets.gateways.volumes.http_limits import limit_requests

CONNECT_S, ANSWER_S = 10.0, 300.0  # a live query of a large table takes minutes
# Where no token is given, or not a good one, the services send on to where one logs in.
NO_TOKEN = (AuthException, requests.TooManyRedirects)
# What the client raises for answers that it does not know.
STRANGE = (ServerIncompatibilityError, LookupError, TypeError, ValueError)
_KINDS = {
    **dict.fromkeys(("TimeoutError", "ReadTimeout", "ConnectTimeout"), "it takes too long"),
    "ConnectionError": "the connection failed",
    "ChunkedEncodingError": "the answer broke off",
    "JSONDecodeError": "the answer is not JSON",
}
_LONGEST = 300  # characters of what a server says
# What the services say once after an integrity error or a freeze, and not again.
_ONCE = re.compile(r"transaction has been rolled back|AdminShutdown|SSL SYSCALL|server closed the")
_LIMITED = re.compile(r"[Ll]imited query to")


class _NoBrowser:
    """Where terms are not accepted, the client would open a browser on the server's machine."""

    @staticmethod
    def open(_address: str) -> bool:
        return False


class _Adapter(HTTPAdapter):
    """Sends what a session asks for once, and waits so long: to be connected, and for an answer."""

    timeouts = (CONNECT_S, ANSWER_S)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        if options.get("timeout") is None:
            options["timeout"] = self.timeouts
        return super().send(request, **options)


def _prepare(session: requests.Session, **_: Any) -> None:
    """In place of what the client does to each of its sessions."""
    for start in ("http://", "https://"):
        session.mount(start, _Adapter())
    session.max_redirects = 0  # the token is also in a cookie, which would go along to anybody


guard_readers()
limit_requests()  # also those few that the client asks without a session
caveclient.base.webbrowser = _NoBrowser()
caveclient.base._patch_session = _prepare


def connect(server: str, datastack: str, token: str) -> Any:
    """A CAVEclient, which has asked the info service about its datastack. It keeps for hours what
    it is told of tables and versions."""
    return CAVEclient(
        datastack,
        server_address=server,
        auth_token=token,
        max_retries=0,
        write_server_cache=False,
    )


def wait_at_most(service: Any, seconds: float) -> None:
    """How long one of the services behind a client may take for an answer."""
    for adapter in service.session.adapters.values():
        adapter.timeouts = (min(CONNECT_S, seconds), seconds)


class _Kept(threading.local):
    responses: list[requests.Response] | None = None


_kept = _Kept()


@contextmanager
def _keeping() -> Iterator[list[requests.Response]]:
    """The answers that this thread gets in the block; those of other threads have no part in it."""
    found: list[requests.Response] = []
    _kept.responses = found
    try:
        yield found
    finally:
        _kept.responses = None


def _keep(response: requests.Response, *_: Any, **__: Any) -> None:
    if _kept.responses is not None:
        _kept.responses.append(response)


def answer_to(client: Any, ask: Callable[[Any], object]) -> requests.Response:
    """What the materialization engine answers to a query. The client itself makes floats of ids
    where one is missing, so that they lose digits."""
    hooks = client.materialize.session.hooks["response"]
    if _keep not in hooks:
        hooks.append(_keep)
    with _keeping() as responses:
        ask(client.materialize)
    return responses[-1]


def rows_of(response: requests.Response) -> pa.Table:
    """The rows of an answer. Raises ArrowException."""
    with ipc.open_stream(response.content) as reader:
        return reader.read_all()


def says_limited(response: requests.Response) -> bool:
    """Whether the server left rows out; it says so in a header alone, and not always."""
    return _LIMITED.search(response.headers.get("Warning", "")) is not None


def passes(response: requests.Response) -> bool:
    """Whether this is an error that comes once and not again."""
    return response.status_code == 500 and _ONCE.search(response.text) is not None


def words_of(response: requests.Response) -> str:
    """What a server says of an error, without its traceback: one line."""
    try:
        found = response.json()
    except ValueError:
        return response.reason or "no reason is told"
    if not isinstance(found, dict):
        return str(found)[:_LONGEST]
    parts = [str(found[key]) for key in ("error", "message") if found.get(key)]
    return ": ".join(parts).partition("\n")[0][:_LONGEST] or "no reason is told"


def kind_of(error: BaseException) -> str:
    """What went wrong, without what the libraries tell: it may hold the token."""
    if (refusal := refusal_in(error)) is not None:
        return str(refusal)
    return _KINDS.get(type(error).__name__, type(error).__name__)


def hidden(token: str, text: str) -> str:
    """A text without the token, should a server have repeated it."""
    return text.replace(token, "…") if token else text


def token_of_files(server: str) -> str:
    """The token that this machine keeps for a server; nothing where there is none."""
    with suppress(OSError, ValueError):
        token = cave_login(server).get("token")
        if isinstance(token, str):
            return token
    return ""  # None would let the client look itself, and send any server the same token
