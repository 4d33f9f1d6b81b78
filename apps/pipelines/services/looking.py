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
from apps.revision.services.methods import Means, begin_look, end_look, forget_machine

LOOK_AGAIN_AFTER = timedelta(minutes=5)

log = structlog.get_logger(__name__)


def look_at_network(now: datetime, *, is_start: bool = False) -> None:
    """Look at the checkpoint that is configured, if there is one and no worker of this machine has,
    or it changed.

    One that was refused is looked at again after LOOK_AGAIN_AFTER, and where workers start: why it
    was refused may lie outside of its file.
    """
    configured = settings.ENVIRONMENT.depth_unet
    if not configured:
        return
    path = Path(configured)
    threads = settings.ENVIRONMENT.depth_unet_threads
    version = f"{version_of(path)} {threads} threads"
    means = Means(Method.UNET, gethostname(), configured, version)
    refused_until = now if is_start else now - LOOK_AGAIN_AFTER
    with alone(f"a look at the network on {means.host}") as is_alone:
        if is_alone and begin_look(means, now, refused_until):
            problem, facts = _look(path)
            end_look(means, problem=problem, facts=facts, now=now)


def end_looking() -> None:
    """The workers of this machine end."""
    if settings.ENVIRONMENT.depth_unet:
        forget_machine(gethostname())


def _look(path: Path) -> tuple[str, dict[str, object]]:
    """What is wrong, or nothing; and how the network is used."""
    try:
        contract = check_checkpoint(path)
    except NetworkError as error:
        log.warning("network_refused", checkpoint=str(path), reason=error.reason)
        return refusal(path, error), {}
    facts = {**asdict(contract), DIGEST: digest_of(path)}
    log.info("network_fits", checkpoint=str(path), **facts)
    return "", facts
