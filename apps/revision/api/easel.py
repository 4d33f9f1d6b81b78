"""The API of what is drawn on: the box with all that was drawn, and the picture below it."""

from __future__ import annotations

import uuid
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.core.api import FramesRenderer, frames_stream
from apps.revision.api.drawing_serializers import EaselSerializer
from apps.revision.selectors import markers, proposals
from apps.revision.selectors.easels import Easel, easel_of
from apps.revision.selectors.masks import states_of
from apps.revision.services.easels import note_shown, picture_of
from apps.revision.services.leasing import lease_to_read


class EaselView(APIView):
    """`GET`: what can be drawn on, slice by slice what holds in it, both points and what was
    proposed; `picture` has what lies below."""

    @extend_schema(responses=EaselSerializer)
    def get(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = lease_to_read(person(request), revision_token)
        easel = easel_of(lease.revision)
        note_shown(easel)
        return Response(easel_told(easel))


def easel_told(easel: Easel) -> dict[str, Any]:
    """As it is now, for who draws on it or looks at it."""
    revision, area, box = easel.revision, easel.area, easel.box
    states = states_of(revision, easel.slices)
    return {
        "box": {"lo": [*box.lo], "hi": [*box.hi]},
        "resolution_nm": [*easel.resolution],
        "table_resolution_nm": [*revision.campaign.table.resolution],
        "image_nm": {name: [*place] for name, place in easel.image_nm.items()},
        "middle_z": easel.middle_z,
        "slices": [{"z": z, **one.holds.told(area)} for z, one in states.items()],
        "markers": markers.told(markers.markers_of(revision)),
        "proposals": [proposals.told(one, area) for one in proposals.proposals_of(revision)],
        "methods": proposals.methods(),
    }


class PictureView(APIView):
    """`GET`: the picture below, in frames: the middle slice, the others, and the mask as the cleft
    volume has it. One that is `pending` is asked for again; one that is `unreadable` says why."""

    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(responses=OpenApiTypes.BINARY)
    def get(self, request: Request, revision_token: uuid.UUID) -> StreamingHttpResponse:
        lease = lease_to_read(person(request), revision_token)
        is_drawn_on = lease.revision.finished_at is None
        return picture_told(easel_of(lease.revision), ahead=is_drawn_on)


def picture_told(easel: Easel, *, ahead: bool) -> StreamingHttpResponse:
    """In frames; where `ahead`, what is handed out next is rendered behind it."""
    frames = picture_of(easel, timezone.now(), ahead=ahead)
    first = next(frames)  # what fails does so before the answer begins
    return frames_stream(chain([first], frames))
