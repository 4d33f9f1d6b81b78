"""Fill slices from those that people drew. Celery workers call this; the web process never imports
it.

A proposal is claimed in a short transaction, computed outside of any, and written in a second one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import structlog
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.errors import SynAnnoError
from apps.core.locks import alone
from apps.datasets.services.easels import read_image
from apps.datasets.services.reading import PlaceUnreadableError
from apps.datasets.services.rendering import UndrawableError
from apps.revision.domain.labels import Area, Labels, LabelsError
from apps.revision.models import MaskSlice, Proposal, ProposedSlice, Revision
from apps.revision.selectors.easels import Easel, NoEaselError, easel_of, revision_with_all
from apps.revision.selectors.masks import labels_of
from apps.voxels.depth_fill import DepthFillError, Filled, Seeds, fill_depth

MOST_ATTEMPTS = 3
PROPOSED = ("between", "beyond")
# The lock of a process that was killed goes moments later.
_PAUSES_S = (0.0, 0.2, 1.0)
_ENDED = f"The computation ended its process {MOST_ATTEMPTS} times; fewer slices may help."
_NONE_LEFT = (
    "Within reach of the masks no slice is left to fill. Draw the mask in a slice farther away."
)
_VANISHES = (
    "In the slices beside the masks the synapse cannot be seen to go on, so nothing is proposed. "
    "Where it does, draw it in one more slice."
)
Status = Proposal.Status

log = structlog.get_logger(__name__)


class FillingError(SynAnnoError):
    """A proposal cannot be made; the sentence says why to whoever asked for it."""

    code = "not_filled"


@dataclass(frozen=True, eq=False)
class Work:
    """What a proposal is made from, at the voxels that are drawn on.

    `image`: `(z, y, x)` uint8; `known`: the same shape, bool, False where the image has no data.
    `seeds` count slices from `first_z`, a voxel of the cleft volume like `area`. `voxel_nm`: z, y,
    x. `reach`: how many slices beyond the outermost seeds at most; None: all.
    """

    proposal_id: int
    attempt: int
    image: npt.NDArray[np.uint8]
    known: npt.NDArray[np.bool_]
    seeds: Seeds
    voxel_nm: tuple[float, float, float]
    reach: int | None
    first_z: int
    area: Area


def fill_classically(work: Work) -> Filled:
    """By the shapes of the seeds and the image. Raises FillingError."""
    try:
        return fill_depth(work.image, work.seeds, work.voxel_nm, reach=work.reach, known=work.known)
    except DepthFillError as error:
        raise FillingError(f"This cannot be filled: {error.sentence}") from error


def work_on(proposal_id: int, fill: Callable[[Work], Filled]) -> bool:
    """Make a proposal by `fill`, which may raise FillingError; whether it is ready.

    Nobody else works on it meanwhile. One whose process was killed is begun again.
    """
    with alone(f"proposal {proposal_id}", pauses_s=_PAUSES_S) as is_alone:
        work = claim(proposal_id) if is_alone else None
        if work is None:
            return False
        try:
            filled = fill(work)
        except FillingError as error:
            fail(work, error.sentence)
            return False
        return finish(work, filled)


def claim(proposal_id: int) -> Work | None:
    """Begin a proposal, and read what it is made from. None where there is nothing to do any more,
    or where it cannot be read, which is then said."""
    now = timezone.now()
    undone = Proposal.objects.filter(pk=proposal_id, status__in=[Status.WAITING, Status.RUNNING])
    if undone.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=Status.FAILED, failure=_ENDED, finished_at=now
    ):
        return None
    if not undone.update(status=Status.RUNNING, begun_at=now, attempts=F("attempts") + 1):
        return None
    proposal = Proposal.objects.get(pk=proposal_id)
    revision = revision_with_all(proposal.revision_id)
    if revision is None:
        return None
    try:
        return _work(proposal, revision)
    except (NoEaselError, PlaceUnreadableError, UndrawableError) as error:
        why = error.sentence
    except LabelsError as error:
        why = f"What was drawn cannot be read: {error}."
    _fail(proposal_id, proposal.attempts, why, timezone.now())
    return None


def _work(proposal: Proposal, revision: Revision) -> Work:
    """Raises NoEaselError, PlaceUnreadableError, UndrawableError and LabelsError."""
    easel = easel_of(revision)
    image = read_image(easel.request)
    x_nm, y_nm, z_nm = easel.resolution
    return Work(
        proposal_id=proposal.pk,
        attempt=proposal.attempts,
        image=image.gray,
        known=image.known,
        seeds=_seeds(proposal, easel),
        voxel_nm=(z_nm, y_nm, x_nm),
        reach=proposal.reach,
        first_z=easel.box.lo.z,
        area=easel.area,
    )


def _seeds(proposal: Proposal, easel: Easel) -> Seeds:
    """The versions that the proposal names, by slices of the box."""
    numbers = {int(z): number for z, number in proposal.seeds.items()}
    rows = MaskSlice.objects.filter(
        revision=proposal.revision_id, z__in=numbers, number__in=numbers.values()
    )
    slices = {}
    for row in rows:
        labels = labels_of(row)
        if numbers[row.z] != row.number or labels is None or row.z not in easel.slices:
            continue
        area = easel.area
        plane = np.frombuffer(labels.within(area).plane, np.uint8)
        slices[row.z - easel.box.lo.z] = plane.reshape(area.height, area.width) == 1
    return Seeds(slices)


def finish(work: Work, filled: Filled) -> bool:
    """Keep what was filled, for a person to look at; False where nobody waits for it any more, or
    nothing was found."""
    now = timezone.now()
    slices = [
        _proposed(work, k, filled)
        for k, how in enumerate(filled.how)
        if how in PROPOSED and filled.mask[k].any()
    ]
    if not slices:
        fail(work, _VANISHES if _has_room(work) else _NONE_LEFT)
        return False
    with transaction.atomic():
        done = _running(work.proposal_id, work.attempt)
        if not done.update(status=Status.READY, finished_at=now):
            return False
        ProposedSlice.objects.bulk_create(slices)
    log.info("proposal_ready", proposal=work.proposal_id, slices=len(slices))
    return True


def _has_room(work: Work) -> bool:
    """Whether a slice that nobody drew lies between two masks, or within reach beside one."""
    drawn = work.seeds.slices
    masks = sorted(z for z, mask in drawn.items() if mask.any())
    beside = {near for z in masks for near in (z - 1, z + 1)} - drawn.keys()
    if work.reach == 0:
        return any(masks[0] < z < masks[-1] for z in beside)
    return any(0 <= z < len(work.image) for z in beside)


def fail(work: Work, sentence: str) -> None:
    """Say to whoever asked why there is no proposal."""
    _fail(work.proposal_id, work.attempt, sentence, timezone.now())


def _fail(proposal_id: int, attempt: int, sentence: str, now: datetime) -> None:
    log.info("proposal_failed", proposal=proposal_id, reason=sentence)
    _running(proposal_id, attempt).update(status=Status.FAILED, failure=sentence, finished_at=now)


def _running(proposal_id: int, attempt: int) -> models.QuerySet[Proposal]:
    """The proposal, while it is this attempt's."""
    return Proposal.objects.filter(pk=proposal_id, status=Status.RUNNING, attempts=attempt)


def _proposed(work: Work, k: int, filled: Filled) -> ProposedSlice:
    labels = Labels(work.area, filled.mask[k].astype(np.uint8).tobytes())
    area = work.area
    return ProposedSlice(
        proposal_id=work.proposal_id,
        z=work.first_z + k,
        lo_x=area.lo_x,
        lo_y=area.lo_y,
        hi_x=area.hi_x,
        hi_y=area.hi_y,
        labels=labels.packed,
        voxels=labels.voxels,
        how=filled.how[k],
        confidence=filled.confidence[k],
    )
