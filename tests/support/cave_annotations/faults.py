"""What goes wrong between a client and the engine, on order or by chance."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# error_before: 503, nothing done. lost_reply: done, then 504. reset_before, reset_after: the
# connection ends. stumble_before, stumble_after: 500 in words that nobody knows. delay: an answer
# that takes longer. forbidden: 403, nothing done. hold_before, hold_after: it waits until it is
# released, or the stand-in ends.
KINDS = (
    *("error_before", "lost_reply", "reset_before", "reset_after"),
    *("stumble_before", "stumble_after", "delay"),
)
BEFORE = ("error_before", "reset_before", "stumble_before", "forbidden", "hold_before")


@dataclass
class Faults:
    """next: ordered ones, each for a call of its method, of what it names (any, if none). share: of
    the other calls, those that a fault of `kinds` meets, drawn with `seed`. row_s: what each row
    that is inserted takes; the real engine takes 2 ms."""

    next: list[dict[str, Any]] = field(default_factory=list)
    share: float = 0.0
    kinds: Sequence[str] = KINDS
    delay_s: float = 0.005
    row_s: float = 0.0
    released: threading.Event = field(default_factory=threading.Event)
    happened: dict[str, int] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(7))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def order(self, given: dict[str, Any]) -> None:
        """Take what a test wants; what it does not name is as before. Ordered ones come behind
        those that are there; None clears them."""
        with self._lock:
            more = given.get("next", [])
            self.next = [] if more is None else [*self.next, *more]
            self.share = float(given.get("share", self.share))
            self.kinds = tuple(given.get("kinds", self.kinds))
            self.delay_s = float(given.get("delay_s", self.delay_s))
            self.row_s = float(given.get("row_s", self.row_s))
            if "seed" in given:
                self._chance = random.Random(given["seed"])
            self.released.clear()

    def drawn(self, method: str, what: str) -> str:
        """The fault that meets a call of `what`, as annotations; "" if none does."""
        with self._lock:
            kind = self._ordered(method, what)
            if not kind and self._chance.random() < self.share:
                kind = self._chance.choice(list(self.kinds))
            if kind:
                self.happened[kind] = self.happened.get(kind, 0) + 1
            return kind

    def _ordered(self, method: str, what: str) -> str:
        for number, one in enumerate(self.next):
            if (one.get("method", method), one.get("what", what)) == (method, what):
                return str(self.next.pop(number)["kind"])
        return ""

    def take_time(self, rows: int) -> None:
        """As long as so many rows take."""
        if self.row_s:
            time.sleep(rows * self.row_s)

    def wait(self, kind: str) -> None:
        """What takes time takes it."""
        if kind == "delay":
            time.sleep(self.delay_s)
        elif kind.startswith("hold"):
            self.released.wait()
