"""Fill masks through depth by a network, the one that SYNANNO_DEPTH_UNET names."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from apps.core.jobs import Job, enqueue
from apps.core.turns import turn_has_ended, turn_to_look
from apps.pipelines.domain.contract import Contract
from apps.pipelines.domain.errors import NetworkError
from apps.pipelines.domain.filling import fill_by
from apps.pipelines.domain.trial import try_out
from apps.pipelines.gateways.onnx_network import open_network
from apps.pipelines.services.refusals import refusal
from apps.revision.domain import Method
from apps.revision.models import Proposal
from apps.revision.selectors.proposals import NO_CHECKPOINT
from apps.revision.services.filling import FillingError, Work, work_on
from apps.voxels.depth_fill import Filled

LIMIT_S = 240.0  # for a box; workers end a job after ten minutes
TRIAL_LIMIT_S = 60.0
_TOO_SLOW = (
    f"The network took longer than {LIMIT_S / 60:.0f} minutes for this box; whoever runs the "
    "server can give it more threads (SYNANNO_DEPTH_UNET_THREADS) or a smaller network."
)
_NOTHING_DRAWN = "No slice of this box has anything drawn in it any more: draw one first."
_GIVEN_UP = "Nobody waits for this any more."


def check_checkpoint(path: Path) -> Contract:
    """Look whether a network fits, and try it on a small picture.

    Raises NetworkError with the reason where it cannot be used.
    """
    network = open_network(path, settings.ENVIRONMENT.depth_unet_threads)
    ends = time.monotonic() + TRIAL_LIMIT_S
    try:
        try_out(network, lambda: _until(ends))
    except TimeoutError as error:
        raise NetworkError(
            f"it took longer than {TRIAL_LIMIT_S:.0f} s for one window; a smaller network is "
            "needed, or more threads (SYNANNO_DEPTH_UNET_THREADS)."
        ) from error
    return network.contract


def fill_with_unet(proposal_id: int) -> bool:
    """Make a proposal by the network; whether it is ready.

    Where no process may do it now, it is left waiting: its job is sent again once one may.
    """
    with ExitStack() as afterwards, turn_to_look() as has_turn:
        if not has_turn:
            return False
        afterwards.callback(turn_has_ended, Job.FILL_DEPTH_UNET)
        return work_on(proposal_id, fill)


def fill(work: Work) -> Filled:
    """What the network fills. Raises FillingError."""
    configured = settings.ENVIRONMENT.depth_unet
    if not configured:
        raise FillingError(NO_CHECKPOINT)
    if not any(drawn.any() for drawn in work.seeds.slices.values()):
        raise FillingError(_NOTHING_DRAWN)
    path = Path(configured)
    try:
        network = open_network(path, settings.ENVIRONMENT.depth_unet_threads)
        return fill_by(network, work.image, work.known, work.seeds, work.reach, _clock(work))
    except NetworkError as error:
        raise FillingError(refusal(path, error)) from error
    except TimeoutError as error:
        raise FillingError(_TOO_SLOW) from error


def _clock(work: Work) -> Callable[[], float]:
    """The seconds that are left, while somebody waits."""
    ends = time.monotonic() + LIMIT_S
    waited_for = Proposal.objects.filter(
        pk=work.proposal_id, status=Proposal.Status.RUNNING, attempts=work.attempt
    )

    def left_s() -> float:
        if not waited_for.exists():
            raise FillingError(_GIVEN_UP)
        return _until(ends)

    return left_s


def _until(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def send_waiting_fills(after_s: float = 0.0) -> int:
    """Have the proposal tried that waits longest for a turn; how many there are, one at most."""
    waiting = Proposal.objects.filter(method=Method.UNET, status=Proposal.Status.WAITING)
    first = waiting.order_by("asked_at").values_list("pk", flat=True).first()
    if first is None:
        return 0
    enqueue(Job.FILL_DEPTH_UNET, after_s=after_s, proposal_id=first)
    return 1
