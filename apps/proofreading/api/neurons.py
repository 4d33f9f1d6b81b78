"""The API of campaigns along neurons: how far each neuron is, and marks of missed synapses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, lease_for
from apps.core.api import validated
from apps.core.spreadsheets import csv_text
from apps.proofreading.answer_serializers import KeptSerializer
from apps.proofreading.models import MissedMark
from apps.proofreading.neuron_serializers import (
    MarksSerializer,
    MissedSerializer,
    NeuronSerializer,
    NeuronsSerializer,
)
from apps.proofreading.selectors.marks import marks_of, missed_in
from apps.proofreading.selectors.neurons import neuron_of, neurons_of
from apps.proofreading.services.looking_ahead import look_ahead
from apps.proofreading.services.marks import Mark, record_marks
from apps.voxels.geometry import Point


class NeuronsView(APIView):
    """`GET`: the neurons along which a campaign goes, in their order, and how far each is."""

    @extend_schema(responses=NeuronsSerializer)
    def get(self, request: Request, campaign_id: int) -> HttpResponseBase:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.SEE)
        return _told(request, {"neurons": neurons_of(campaign, user)})


class NeuronView(APIView):
    """`GET`: the sections of a neuron and its synapses with one's own labels, for a map of it;
    cheap to ask again by way of the ETag."""

    @extend_schema(responses=NeuronSerializer)
    def get(self, request: Request, campaign_id: int, root_id: str) -> HttpResponseBase:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.SEE)
        return _told(request, neuron_of(campaign, root_id, user, timezone.now()))


class SectionAheadView(APIView):
    """`POST`: somebody looks at a section in the map, and may go there next: its page is rendered
    ahead, as long as they do not ask for many. The answer is the same whatever there is."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, campaign_id: int, section_id: int) -> Response:
        annotator = person(request)
        campaign = campaign_for(annotator, campaign_id, Action.JUDGE)
        look_ahead(campaign, annotator, section_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _told(request: Request, body: dict[str, Any]) -> HttpResponseBase:
    etag = f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return Response(body, headers=headers)


class MarksView(APIView):
    """`GET`: the marks that one has set on a page, removed ones among them. `POST {"marks": […]}`:
    keep some; sending them again is harmless. A 409 says that they are kept as late."""

    @extend_schema(responses=MarksSerializer)
    def get(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        marks = [
            {
                "key": str(mark.key),
                "position": [mark.x, mark.y, mark.z],
                "note": mark.note,
                "removed": mark.removed,
            }
            for mark in marks_of(lease)
        ]
        return Response({"marks": marks})

    @extend_schema(request=MarksSerializer, responses=KeptSerializer)
    def post(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        data = validated(MarksSerializer(data=request.data))
        marks = [
            Mark(one["key"], Point(*one["position"]), one["note"], one["removed"])
            for one in data["marks"]
        ]
        return Response({"kept": record_marks(lease, marks, timezone.now())})


class MissedView(generics.ListAPIView[MissedMark]):
    """`GET`: where people think that synapses were missed, the latest first; for managers."""

    serializer_class = MissedSerializer
    queryset = MissedMark.objects.none()

    def get_queryset(self) -> QuerySet[MissedMark]:
        campaign = campaign_for(person(self.request), self.kwargs["campaign_id"], Action.EXPORT)
        self.resolution = campaign.table.resolution
        return missed_in(campaign)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "resolution": getattr(self, "resolution", ())}


_ROWS_A_PIECE = 500
_COLUMNS = (
    *("key", "x", "y", "z", "x_nm", "y_nm", "z_nm", "note", "person", "page", "section"),
    *("neuron", "submitted", "late", "changed_late", "recorded_at"),
)


class MissedFileView(APIView):
    """`GET`: the same as a CSV file, all of them."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, campaign_id: int) -> StreamingHttpResponse:
        campaign = campaign_for(person(request), campaign_id, Action.EXPORT)
        headers = {
            "Content-Disposition": f'attachment; filename="campaign-{campaign_id}-missed.csv"',
            "Cache-Control": "private, no-store",
        }
        return StreamingHttpResponse(
            _csv_pieces(campaign), content_type="text/csv; charset=utf-8", headers=headers
        )


def _csv_pieces(campaign: Campaign) -> Iterator[str]:
    yield csv_text([_COLUMNS])
    marks = missed_in(campaign).iterator(chunk_size=_ROWS_A_PIECE)
    context = {"resolution": campaign.table.resolution}
    while piece := list(islice(marks, _ROWS_A_PIECE)):
        told = MissedSerializer(piece, many=True, context=context).data
        yield csv_text(_cells(one) for one in told)


def _cells(mark: dict[str, Any]) -> list[object]:
    more = (mark[name] for name in _COLUMNS[7:])
    return [mark["key"], *mark["position"], *mark["position_nm"], *more]
