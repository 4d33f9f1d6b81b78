"""What goes wrong between us and CAVE, made on our side of the wire: the services need not take
part in it, so that real ones can be tried as well."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from apps.cave_sync.gateways.annotation_service import AnnotationService
from apps.cave_sync.models import Delivery
from apps.cave_sync.services.connecting import service_for

# Before the call: nothing is done. After it: all is done, and nobody hears of it.
BEFORE = ("error_before", "reset_before", "stumble_before")
AFTER = ("lost_reply", "reset_after", "late_reply", "stumble_after")
KINDS = (*BEFORE, *AFTER, "delay")
_DELAY_S = 0.005


class WorkerEndedError(BaseException):
    """The worker ends here, as if it were killed: nobody catches this."""


@dataclass
class Wire:
    """The way from one worker to the annotation engine.

    share: of the calls, those that go wrong, drawn with `seed`, each kind in its turn. ends_at: the
    number of the call, from 1, at which the worker ends: before it, or `ends_after` it. calls: how
    many were begun.
    """

    share: float = 0.0
    seed: int = 7
    ends_at: int | None = None
    ends_after: bool = False
    calls: int = 0
    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._kinds = cycle(KINDS)

    def connect(self, delivery: Delivery) -> AnnotationService:
        """CAVE as the delivery sees it, behind this wire."""
        service = service_for(delivery)
        session = service._client.annotation.session
        for start, adapter in list(session.adapters.items()):
            session.mount(start, _Wired(self, adapter))
        return service

    def carry(
        self, request: requests.PreparedRequest, call: Callable[[], requests.Response]
    ) -> requests.Response:
        """One call, with what becomes of it."""
        self.calls += 1
        ends = self.calls == self.ends_at
        if ends and not self.ends_after:
            raise WorkerEndedError
        kind = self._drawn()
        if kind in BEFORE:
            return _gone_wrong(kind, request)
        answer = call()
        if ends:
            raise WorkerEndedError
        if kind in AFTER:
            answer.close()
            return _gone_wrong(kind, request)
        if kind == "delay":
            time.sleep(_DELAY_S)
        return answer

    def _drawn(self) -> str:
        if self._chance.random() >= self.share:
            return ""
        kind = next(self._kinds)
        self.happened[kind] += 1
        return kind


class _Wired(HTTPAdapter):
    """Sends with the adapter that was there before, whose patience is told from outside."""

    def __init__(self, wire: Wire, inner: Any) -> None:
        super().__init__()
        self._wire, self._inner = wire, inner

    @property
    def timeouts(self) -> tuple[float, float]:
        """As the adapter inside has them."""
        told: tuple[float, float] = self._inner.timeouts
        return told

    @timeouts.setter
    def timeouts(self, given: tuple[float, float]) -> None:
        self._inner.timeouts = given

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        return self._wire.carry(request, lambda: self._inner.send(request, **options))

    def close(self) -> None:
        self._inner.close()


def _gone_wrong(kind: str, request: requests.PreparedRequest) -> requests.Response:
    if kind.startswith("reset"):
        raise requests.ConnectionError("the connection was reset", request=request)
    if kind == "late_reply":
        raise requests.ReadTimeout("no answer in time", request=request)
    answer = requests.Response()
    answer.status_code = {"error_before": 503, "lost_reply": 504}.get(kind, 500)
    answer.reason, answer.url, answer.request = "made by a test", str(request.url), request
    answer._content = b"<html>made by a test</html>"
    return answer
