"""The API of masks: draw slices, see their versions, restore one."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.core.api import validated
from apps.core.errors import InvalidInputError
from apps.revision.api.drawing_serializers import (
    ChangedSerializer,
    KeptSlicesSerializer,
    NewSlicesSerializer,
    RestoreSerializer,
    VersionsSerializer,
)
from apps.revision.domain.labels import Area, RunsError, labels_of_runs
from apps.revision.models import MaskSlice
from apps.revision.selectors.easels import Easel, easel_of
from apps.revision.selectors.masks import versions_of
from apps.revision.selectors.queue import revision_lease_for
from apps.revision.services.leasing import lease_to_read
from apps.revision.services.masks import NewSlice, Recorded, kept, record_slices, restore_slice
from apps.voxels.cutouts import MAX_CROP_VOXELS

_LARGEST = 2**31 - 1
MOST_VOXELS = 2 * MAX_CROP_VOXELS  # every slice of the largest box, twice
_ANSWERS = {200: KeptSlicesSerializer, 409: ChangedSerializer}
OF_VERSIONS = [
    OpenApiParameter("z", int, description="The slice; left out, the middle one."),
    OpenApiParameter("before", int, description="Only versions before this number."),
]


class SlicesView(APIView):
    """`POST {"slices": […]}`: keep slices as they are drawn. Sending them again is harmless.

    A 409 says what holds where somebody else was faster, or the lease has ended: what came is kept
    as late versions, which can be restored. A 400 has kept nothing.
    """

    @extend_schema(request=NewSlicesSerializer, responses=_ANSWERS)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        easel = easel_of(lease.revision)
        data = validated(NewSlicesSerializer(data=request.data))
        easel.check_slices([one["z"] for one in data["slices"]])
        _check_size(len(data["slices"]), easel.area)
        sent = enumerate(data["slices"])
        slices = [new_slice(one, easel.area, f"slices.{place}") for place, one in sent]
        return _answer(record_slices(lease, easel, slices, timezone.now()))


class RestoreView(APIView):
    """`POST {"z": 12, "version": 3, …}`: have a slice again as it was; what was drawn since stays
    among the versions. Answers are as those of slices."""

    @extend_schema(request=RestoreSerializer, responses=_ANSWERS)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        data = validated(RestoreSerializer(data=request.data))
        now = timezone.now()
        restored = MaskSlice.Origin.RESTORED
        new = NewSlice(data["z"], data["base"], data["key"], None, restored, now)
        easel = easel_of(lease.revision)
        return _answer(restore_slice(lease, easel, new, data["version"], now))


class VersionsView(APIView):
    """`GET ?z=12`: the versions of a slice, the newest first, 0 last; `before` pages on."""

    @extend_schema(parameters=OF_VERSIONS, responses=VersionsSerializer)
    def get(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = lease_to_read(person(request), revision_token)
        return Response(versions_told(easel_of(lease.revision), request))


def versions_told(easel: Easel, request: Request) -> dict[str, Any]:
    """A part of the versions of the slice that a request names."""
    z = _whole(request, "z")
    if z is None:
        z = easel.middle_z
    easel.check_slices([z])
    versions, before = versions_of(easel.revision, z, _whole(request, "before"))
    told = [{**one.told(easel.area), "voxels": one.voxels, "late": one.late} for one in versions]
    return {"versions": told, "before": before}


def new_slice(sent: dict[str, Any], area: Area, field: str) -> NewSlice:
    """A slice as a client sends it. Raises InvalidInputError naming the field."""
    if sent["runs"] is None:
        restored = MaskSlice.Origin.RESTORED
        return NewSlice(sent["z"], sent["base"], sent["key"], None, restored, sent["made_at"])
    try:
        labels = labels_of_runs(sent["runs"], area)
    except RunsError as error:
        raise InvalidInputError(
            f"{field}.runs: those of slice {sent['z']} cannot be used: {error}.",
            field=f"{field}.runs",
        ) from error
    origin = MaskSlice.Origin(sent["origin"])
    return NewSlice(sent["z"], sent["base"], sent["key"], labels, origin, sent["made_at"])


def _check_size(count: int, area: Area) -> None:
    """Runs are small however many voxels they stand for: how many are unpacked at once is known
    before. Raises InvalidInputError."""
    voxels = count * area.width * area.height
    if voxels > MOST_VOXELS:
        raise InvalidInputError(
            f"slices: {count} of {area.width}×{area.height} voxels are {voxels:,} voxels; at most "
            f"{MOST_VOXELS:,} can be sent at once.",
            field="slices",
        )


def _answer(recorded: Recorded) -> Response:
    return Response({"kept": kept(recorded), "expires_at": recorded.expires_at})


def _whole(request: Request, name: str) -> int | None:
    """A number in the address. Raises InvalidInputError naming it."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        number = int(text)
    except ValueError:
        number = _LARGEST + 1
    if abs(number) > _LARGEST:
        raise InvalidInputError(f"{name}: {text[:20]!r} is no whole number.", field=name)
    return number
