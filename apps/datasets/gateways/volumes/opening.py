"""Open volumes, and wait for them no longer than asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import Any, Literal, TypeVar

from cloudvolume import CloudVolume

from apps.datasets.domain.secrets import Credentials
from apps.datasets.gateways.guarded import guard_readers
from apps.datasets.gateways.guarded.cave_login import cave_token
from apps.datasets.gateways.volumes.addresses import check_led_to, check_place, is_graphene
from apps.datasets.gateways.volumes.checked_chunks import check_chunks_before_decoding
from apps.datasets.gateways.volumes.own_servers import cloud_path

Result = TypeVar("Result")
# How chunks are kept: decoded, or as they are stored. Labels take a thirtieth of the memory as they
# are stored and are quick to decode again; pictures are not.
KeptAs = Literal["raw", "same"]

SLOW_S = 5.0  # longer than a read from a bucket far away takes
# Nobody reads it here. CloudVolume would ask for the volume's own, however large, and parse what is
# no JSON for minutes.
_NO_PROVENANCE = {"description": "", "owners": [], "processing": [], "sources": []}

check_chunks_before_decoding()
guard_readers()


def open_volume(
    address: str,
    mip: int,
    cache_mb: int,
    kept_as: KeptAs = "same",
    *,
    is_sparse: bool = False,
    credentials: Credentials | None = None,
    field: str = "volume",
) -> Any:
    """CloudVolume's reader of one mip; of segmentations of CAVE, of the root ids. No info file may
    lead on to another address.

    Raises PlaceForbiddenError, naming `field`, where nothing may be read there, and what
    CloudVolume raises.
    """
    bare = check_place(address, field)
    options: dict[str, Any] = {
        "mip": mip,
        "progress": False,
        "fill_missing": is_sparse,
        "bounded": True,
        "lru_bytes": cache_mb * 2**20,
        "lru_encoding": kept_as,
        "max_redirects": 0,
        "provenance": _NO_PROVENANCE,
    }
    if is_graphene(bare):
        with cave_token(credentials.token if credentials else None):
            volume = CloudVolume(bare, agglomerate=True, **options)
        check_led_to(volume.meta.cloudpath, field)
        return volume
    secrets = credentials.as_mapping() if credentials else None
    return CloudVolume(cloud_path(bare), secrets=secrets, **options)


class NotToWaitError(Exception):
    """A read is slow, and is not to be waited for."""


def within(
    seconds: float, action: Callable[[], Result], may_wait: Callable[[], bool] = lambda: True
) -> Result:
    """The result of `action`, or TimeoutError; the client libraries know no time limit.

    After `SLOW_S`, `may_wait` is asked whether to go on; if not, NotToWaitError is raised. Each
    call has a thread of its own: one that hangs takes no other's turn, and as a daemon it does
    not keep the process from ending.
    """
    outcome: Future[Result] = Future()

    def work() -> None:
        try:
            outcome.set_result(action())
        except BaseException as error:  # noqa: BLE001 - handed over to the caller, who raises it
            outcome.set_exception(error)

    Thread(target=work, name="volume-read", daemon=True).start()
    if seconds > SLOW_S and not wait([outcome], SLOW_S).done:
        if not may_wait():
            raise NotToWaitError
        return outcome.result(timeout=seconds - SLOW_S)
    return outcome.result(timeout=seconds)
