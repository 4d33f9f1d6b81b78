"""What workers find of the checkpoint is kept, for those who may not load it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from socket import gethostname

import structlog
from django.conf import settings

from apps.core.locks import alone
from apps.pipelines.domain.errors import NetworkError
from apps.pipelines.gateways.checkpoint_files import digest_of, version_of
from apps.pipelines.services.depth_unet import check_checkpoint
from apps.pipelines.services.refusals import refusal
from apps.revision.domain import Method
from apps.revision.selectors.proposals import DIGEST
from apps.revision.services.methods import Means, begin_look, end_look, forget_worker

LOOK_AGAIN_AFTER = timedelta(minutes=5)

log = structlog.get_logger(__name__)


def is_configured() -> bool:
    """Whether there is a checkpoint to look at."""
    return bool(settings.ENVIRONMENT.depth_unet)


def look_at_network(now: datetime, *, worker: str = "", is_start: bool = False) -> None:
    """Look at the checkpoint that is configured, if there is one and no worker of this machine has,
    or it changed. `worker` is another for each worker, and each start of one.

    One that was refused is looked at again after LOOK_AGAIN_AFTER, and where workers start: why it
    was refused may lie outside of its file. Of one that is replaced meanwhile nothing is said: the
    next look finds another version.
    """
    configured = settings.ENVIRONMENT.depth_unet
    if not configured:
        return
    path = Path(configured)
    threads = settings.ENVIRONMENT.depth_unet_threads
    looked_at = version_of(path)
    means = Means(
        *(Method.UNET, gethostname()),
        file=configured,
        version=f"{looked_at} {threads} threads",
        worker=worker,
    )
    refused_until = now if is_start else now - LOOK_AGAIN_AFTER
    with alone(f"a look at the network on {means.host}") as is_alone:
        if is_alone and begin_look(means, now, refused_until):
            problem, facts = _look(path)
            if version_of(path) == looked_at:
                end_look(means, problem=problem, facts=facts, now=now)
            else:
                log.info("network_replaced_meanwhile", checkpoint=configured)


def end_looking(worker: str = "") -> None:
    """A worker of this machine ends."""
    if is_configured():
        forget_worker(worker)


def _look(path: Path) -> tuple[str, dict[str, object]]:
    """What is wrong, or nothing; and how the network is used."""
    try:
        facts = {**asdict(check_checkpoint(path)), DIGEST: digest_of(path)}
    except NetworkError as error:
        log.warning("network_refused", checkpoint=str(path), reason=error.reason)
        return refusal(path, error), {}
    log.info("network_fits", checkpoint=str(path), **facts)
    return "", facts
