"""Work done ahead in a thread, so that it runs while the database works."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")
_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True)
class _End:
    failure: BaseException | None


def ahead(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """The items, made by a thread that is at most `depth` of them ahead.

    What `items` raises is raised here. The thread ends with this iterator; it must not use the
    database.
    """
    waiting: Queue[T | _End] = Queue(depth)
    stopped = threading.Event()

    def put(item: T | _End) -> None:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=_LOOK_AGAIN_S)
            except Full:
                continue
            return

    def fill() -> None:
        failure: BaseException | None = None
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - raised again by the reader
            failure = error
        put(_End(failure))

    thread = threading.Thread(target=fill, name="reads ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.failure is not None:
            raise item.failure
    finally:
        stopped.set()
        thread.join()
