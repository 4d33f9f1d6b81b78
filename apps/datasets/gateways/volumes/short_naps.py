"""Let a read of a shard sleep no longer than it must.

The queue of cloud-files looks every 100 ms whether its threads have taken all tasks. A box of a
sharded volume is read in three steps (the index, a part of it, the chunks), each in a queue of its
own: 0.3 s of sleep a box, where reading takes a tenth of it.
"""

from __future__ import annotations

import time

from cloudfiles import threaded_queue

NAP_S = 0.002


class _ShortNaps:
    """What the queue uses of the module `time`."""

    @staticmethod
    def sleep(seconds: float) -> None:
        time.sleep(min(seconds, NAP_S))


def take_short_naps() -> None:
    """Have the queues of cloud-files look more often whether they are done."""
    setattr(threaded_queue, "time", _ShortNaps)  # noqa: B010 - a module has no such type
