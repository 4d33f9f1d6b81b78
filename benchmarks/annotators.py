"""People at work, over HTTP: each leases a page, takes its pictures, hands it in, and goes on."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.voxels.frames import CONTENT_TYPE, Frame, decode_frames

_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Server:
    """Where the requests go."""

    host: str
    port: int
    campaign: int


@dataclass(frozen=True)
class Session:
    """The login of one person, and the token that goes with their requests."""

    cookies: str
    csrf_token: str


@dataclass
class PageTimes:
    """Milliseconds from request to last byte, one entry a page, and what came."""

    first_paint: list[float] = field(default_factory=list)
    stacks: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    first_paint_bytes: list[int] = field(default_factory=list)
    whole_bytes: list[int] = field(default_factory=list)
    pending: int = 0  # pictures that did not come in time

    def add(self, other: PageTimes) -> None:
        self.first_paint += other.first_paint
        self.stacks += other.stacks
        self.whole += other.whole
        self.submit += other.submit
        self.first_paint_bytes += other.first_paint_bytes
        self.whole_bytes += other.whole_bytes
        self.pending += other.pending


class Annotator:
    """One person with a session of their own."""

    def __init__(self, server: Server, session: Session) -> None:
        self._server = server
        self._headers = {
            "Accept": f"{CONTENT_TYPE}, application/json",
            "Cookie": session.cookies,
            "X-CSRFToken": session.csrf_token,
            "Content-Type": "application/json",
        }
        self.times = PageTimes()

    def do_page(self, *, submit: bool) -> None:
        """Lease a page, fetch all its slices, and hand it in with every label as it is."""
        connection = http.client.HTTPConnection(
            self._server.host, self._server.port, timeout=_TIMEOUT_S
        )
        try:
            page = self._look_at_page(connection)
            if submit:
                self._hand_in(connection, page)
        finally:
            connection.close()

    def _look_at_page(self, connection: http.client.HTTPConnection) -> dict[str, Any]:
        began = time.perf_counter()
        lease_url = f"/api/campaigns/{self._server.campaign}/lease"
        first = self._request(connection, "POST", lease_url, b"{}")
        painted = time.perf_counter()
        head, *middles = decode_frames(first)
        if head.header["part"] != "page":
            raise RuntimeError(f"no page was leased: {head.header}")
        fetching = time.perf_counter()
        rest = self._request(connection, "GET", head.header["lease"]["stacks_url"])
        done = time.perf_counter()
        times = self.times
        times.first_paint.append((painted - began) * 1e3)
        times.stacks.append((done - fetching) * 1e3)
        times.whole.append(times.first_paint[-1] + times.stacks[-1])
        times.first_paint_bytes.append(len(first))
        times.whole_bytes.append(len(first) + len(rest))
        times.pending += _not_there([*middles, *decode_frames(rest)])
        return dict(head.header)

    def _hand_in(self, connection: http.client.HTTPConnection, page: dict[str, Any]) -> None:
        labels = {str(tile["item"]): tile["label"] for tile in page["tiles"]}
        body = json.dumps({"verdicts": [], "labels": labels}).encode()
        began = time.perf_counter()
        self._request(connection, "POST", page["lease"]["submit_url"], body)
        self.times.submit.append((time.perf_counter() - began) * 1e3)

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        url: str,
        body: bytes | None = None,
    ) -> bytes:
        connection.request(method, url, body=body, headers=self._headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{method} {url}: {response.status} {content[:300]!r}")
        return content


def _not_there(frames: Sequence[Frame]) -> int:
    return sum(frame.header["part"] not in {"middle", "rest"} for frame in frames)


def work_together(
    server: Server,
    sessions: Sequence[Session],
    pages_each: int,
    page_every_s: float = 0.0,
    *,
    submit: bool = True,
) -> PageTimes:
    """Every person does some pages, all at the same time.

    `page_every_s` 0: without a pause. Else each person begins a page that often, at a time of
    their own. Without `submit` they look at the page that they have, again and again. Raises the
    first error that anyone met.
    """
    people = [Annotator(server, session) for session in sessions]
    errors: list[BaseException] = []
    start = threading.Barrier(len(people))
    random_numbers = random.Random(7)
    offsets = [random_numbers.uniform(0, page_every_s) for _ in people]

    def work(person: Annotator, offset: float) -> None:
        try:
            start.wait()
            began = time.monotonic() + offset
            for number in range(pages_each):
                time.sleep(max(0.0, began + number * page_every_s - time.monotonic()))
                person.do_page(submit=submit)
        except Exception as error:  # noqa: BLE001 - raised again below, in the main thread
            errors.append(error)

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(people, offsets, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    together = PageTimes()
    for person in people:
        together.add(person.times)
    return together
