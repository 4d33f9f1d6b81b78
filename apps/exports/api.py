"""The API of results: exports, their files, and SynAnno's file at once."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import validated
from apps.exports.domain.formats import Discarded
from apps.exports.http import export_file, news, synanno_file
from apps.exports.models import Export
from apps.exports.schema import SYNANNO_FILE
from apps.exports.selectors import export_of, exports_of
from apps.exports.serializers import (
    ExportSerializer,
    ExportsSerializer,
    NewExportSerializer,
    described,
    new_export,
)
from apps.exports.services.asking import ask_for_export, cancel_export, remove_export

_DISCARDED = OpenApiParameter(
    "discarded",
    str,
    enum=[one.value for one in Discarded],
    default=Discarded.KEEP.value,
    description="What becomes of false positives that were discarded.",
)


class SynAnnoFileView(APIView):
    """`GET ?discarded=leave-out`: the results as SynAnno's JSON file, sent as it is made; for
    managers."""

    @extend_schema(parameters=[_DISCARDED], responses={200: SYNANNO_FILE})
    def get(self, request: Request, campaign_id: int) -> StreamingHttpResponse:
        campaign = campaign_for(person(request), campaign_id, Action.EXPORT)
        return synanno_file(campaign, request.query_params)


class ExportsView(APIView):
    """`GET`: the latest exports of a campaign, the newest first, cheap to ask again by way of the
    ETag. `POST {"formats": ["synanno", "csv"]}`: have its results written; ask `GET` until it is
    ready. For managers."""

    @extend_schema(responses=ExportsSerializer)
    def get(self, request: Request, campaign_id: int) -> HttpResponseBase:
        manager, now = person(request), timezone.now()
        campaign = campaign_for(manager, campaign_id, Action.EXPORT)
        exports = [described(one, manager, now) for one in exports_of(campaign)]
        return news(request, {"exports": exports})

    @extend_schema(request=NewExportSerializer, responses={201: ExportSerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        manager, now = person(request), timezone.now()
        campaign = campaign_for(manager, campaign_id, Action.EXPORT)
        new = new_export(validated(NewExportSerializer(data=request.data)))
        export = ask_for_export(campaign, manager, new, now)
        return Response(described(export, manager, now), status=status.HTTP_201_CREATED)


class ExportView(APIView):
    """`GET`: how far an export is, and its files once it is ready. `DELETE`: take it from the list,
    and its files from the disk."""

    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, campaign_id: int, export_key: uuid.UUID) -> HttpResponseBase:
        manager = person(request)
        export = _export(request, campaign_id, export_key)
        return news(request, described(export, manager, timezone.now()))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, campaign_id: int, export_key: uuid.UUID) -> Response:
        export = _export(request, campaign_id, export_key)
        remove_export(export, person(request), timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportCancelView(APIView):
    """`POST`: give up an export that is not ready; nothing of it is kept."""

    @extend_schema(request=None, responses=ExportSerializer)
    def post(self, request: Request, campaign_id: int, export_key: uuid.UUID) -> Response:
        manager, now = person(request), timezone.now()
        export = cancel_export(_export(request, campaign_id, export_key), manager, now)
        return Response(described(export, manager, now))


class ExportFileView(APIView):
    """`GET`: a file of an export, or the part of it that `Range` names."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(
        self, request: Request, campaign_id: int, export_key: uuid.UUID, file_name: str
    ) -> HttpResponseBase:
        export = _export(request, campaign_id, export_key)
        return export_file(request, export, file_name, person(request))


def _export(request: Any, campaign_id: int, export_key: uuid.UUID) -> Export:
    """The export, for those who may export."""
    return export_of(campaign_for(person(request), campaign_id, Action.EXPORT), export_key)
