"""The API of the presynaptic and postsynaptic points."""

from __future__ import annotations

import uuid

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.core.api import validated
from apps.revision.api.drawing_serializers import (
    MarkerChangedSerializer,
    MarkersSerializer,
    NewMarkersSerializer,
    ResetSerializer,
    SwapSerializer,
)
from apps.revision.domain import Side
from apps.revision.selectors.easels import easel_of
from apps.revision.selectors.markers import markers_of, told
from apps.revision.selectors.queue import revision_lease_for
from apps.revision.services.leasing import lease_to_read
from apps.revision.services.markers import (
    new_marker,
    reset_marker,
    set_markers,
    swap_markers,
)

_ANSWERS = {200: MarkersSerializer, 409: MarkerChangedSerializer}


class MarkersView(APIView):
    """`GET`: both points as they are, and in which neurons they lie. `POST {"markers": […]}`: set
    one or both, or take them away; sending them again is harmless.

    A 409 says where they are where somebody else was faster, or the lease has ended: what came is
    kept as late. A 400 has kept nothing.
    """

    @extend_schema(responses=MarkersSerializer)
    def get(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = lease_to_read(person(request), revision_token)
        return Response(told(markers_of(lease.revision)))

    @extend_schema(request=NewMarkersSerializer, responses=_ANSWERS)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        easel = easel_of(lease.revision)
        data = validated(NewMarkersSerializer(data=request.data))
        markers = []
        for one in data["markers"]:
            nm = None if one["nm"] is None else (one["nm"][0], one["nm"][1], one["nm"][2])
            place = (Side(one["side"]), one["base"], one["key"], nm, one["made_at"])
            markers.append(new_marker(easel, *place))
        return Response(told(set_markers(lease, easel, markers, timezone.now())))


class SwapView(APIView):
    """`POST {"keys": […], "bases": {…}}`: each point takes the other's place, both or none.
    Answers are as those of markers."""

    @extend_schema(request=SwapSerializer, responses=_ANSWERS)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        data = validated(SwapSerializer(data=request.data))
        pre, post = data["keys"]
        bases = {side: data["bases"][side.value] for side in Side}
        easel = easel_of(lease.revision)
        return Response(told(swap_markers(lease, easel, (pre, post), bases, timezone.now())))


class ResetView(APIView):
    """`POST {"side": "pre", …}`: the point is as the table has it. Answers are as those of
    markers."""

    @extend_schema(request=ResetSerializer, responses=_ANSWERS)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        data = validated(ResetSerializer(data=request.data))
        easel, side = easel_of(lease.revision), Side(data["side"])
        markers = reset_marker(lease, easel, side, data["base"], data["key"], timezone.now())
        return Response(told(markers))
