"""Simulated annotators of the bench `team`: how one process of them works.

They take turns: a turn is a lease or the submission of what was leased. A turn waits until a
thread is free; that wait counts, as it does for a person.
"""

from __future__ import annotations

import http.client
import json
import queue
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from apps.voxels.frames import CONTENT_TYPE, decode_frames

WRONG_A_PAGE = 3  # how many labels of a page a person changes; all others stay as they were
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Order:
    """A run: who works in which campaign, for how long, with so many turns at a time.

    `every_s` 0: without a pause; else each person begins a page that often.
    """

    campaign: int
    people: Sequence[int]  # their places among all people of the bench
    threads: int
    seconds: float
    every_s: float
    over_http: bool


@dataclass
class Done:
    """Milliseconds of each turn, and the keys of verdicts that were accepted."""

    lease_ms: list[float] = field(default_factory=list)
    submit_ms: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LeasedPage:
    """What a person has in front of them."""

    items: Sequence[int]
    submit_at: str  # the token or address under which it is submitted


class Way(Protocol):
    """How turns reach the server."""

    def lease(self, person: int) -> LeasedPage | None: ...

    def submit(self, person: int, page: LeasedPage, body: Mapping[str, Any]) -> None: ...


class ByHttp:
    """As a browser does, but for the pictures' slices: one request a turn."""

    def __init__(self, host: str, sessions: Sequence[Mapping[str, str]], campaign: int) -> None:
        self._host = host
        self._lease_url = f"/api/campaigns/{campaign}/lease"
        self._headers = [
            {
                "Accept": f"{CONTENT_TYPE}, application/json",
                "Cookie": session["cookies"],
                "X-CSRFToken": session["csrf_token"],
                "Content-Type": "application/json",
            }
            for session in sessions
        ]

    def lease(self, person: int) -> LeasedPage | None:
        head = next(decode_frames(self._post(person, self._lease_url, {}))).header
        if head["part"] != "page":
            return None
        return LeasedPage([tile["item"] for tile in head["tiles"]], head["lease"]["submit_url"])

    def submit(self, person: int, page: LeasedPage, body: Mapping[str, Any]) -> None:
        self._post(person, page.submit_at, body)

    def _post(self, person: int, url: str, body: Mapping[str, Any]) -> bytes:
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_S)
        try:
            connection.request("POST", url, json.dumps(body).encode(), self._headers[person])
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise RuntimeError(f"POST {url}: {response.status} {content[:300]!r}")
        return content


class Turns:
    """The people of one run, each with what they hold and when their next turn is due."""

    def __init__(self, way: Way, order: Order) -> None:
        self._way = way
        self._order = order
        self._ends_at = time.perf_counter() + order.seconds
        self._due: queue.PriorityQueue[tuple[float, int, LeasedPage | None, float]]
        self._due = queue.PriorityQueue()
        rng = random.Random(7)
        for person in order.people:
            at = time.perf_counter() + rng.uniform(0, order.every_s)
            self._due.put((at, person, None, at))
        self._lock = threading.Lock()
        self._errors: list[BaseException] = []
        self.done = Done()

    def take_all(self) -> Done:
        """Every thread takes the turn that is due first, until the time is over."""
        self._together(self._take_one)
        return self.done

    def submit_what_is_held(self) -> Done:
        """Leave no page for the next run: its first lease would find it held, and grant none."""
        self.done = Done()
        self._together(self._submit_one)
        return self.done

    def _together(self, act: Callable[[], bool]) -> None:
        """Every thread acts until there is nothing more to do."""

        def work() -> None:
            try:
                while not self._errors and act():
                    pass
            except Exception as error:  # noqa: BLE001 - raised again below, in the main thread
                self._errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(self._order.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _take_one(self) -> bool:
        try:
            due, person, page, begun = self._due.get_nowait()
        except queue.Empty:  # other threads have everybody in hand
            time.sleep(0.001)
            return time.perf_counter() < self._ends_at
        if max(due, time.perf_counter()) >= self._ends_at:
            self._due.put((due, person, page, begun))
            return False
        time.sleep(max(0.0, due - time.perf_counter()))
        if page is None:
            held = self._way.lease(person)
            now = time.perf_counter()
            if held is None:  # a fast machine has done all pages: the run is over
                self._ends_at = now
                return False
            with self._lock:
                self.done.lease_ms.append((now - due) * 1e3)
            self._due.put((now, person, held, begun))
            return True
        now = self._submit(person, page, due)
        next_page = max(now, begun + self._order.every_s) if self._order.every_s else now
        self._due.put((next_page, person, None, next_page))
        return True

    def _submit_one(self) -> bool:
        try:
            _, person, page, _ = self._due.get_nowait()
        except queue.Empty:
            return False
        if page is not None:
            self._submit(person, page, time.perf_counter())
        return True

    def _submit(self, person: int, page: LeasedPage, due: float) -> float:
        """Submit a page; when that was done."""
        body = _judge(page)
        self._way.submit(person, page, body)
        now = time.perf_counter()
        with self._lock:
            self.done.submit_ms.append((now - due) * 1e3)
            self.done.keys += [verdict["key"] for verdict in body["verdicts"]]
        return now


def _judge(page: LeasedPage) -> dict[str, Any]:
    """Some of the instances are wrong; the body that says so."""
    wrong = page.items[:WRONG_A_PAGE]
    now = datetime.now(UTC).isoformat()
    verdicts = [
        {"key": str(uuid.uuid4()), "item": item, "label": "incorrect", "made_at": now}
        for item in wrong
    ]
    labels = {str(item): "incorrect" if item in wrong else "correct" for item in page.items}
    return {"verdicts": verdicts, "labels": labels}
