"""The API of results: exports, their files, SynAnno's file at once, and campaigns made of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import BoundedJSONParser, validated
from apps.exports.campaign_serializers import (
    NewRestoredCampaignSerializer,
    RestoreFileSerializer,
    RestoreSerializer,
    RestoresSerializer,
    described_restore,
)
from apps.exports.domain.formats import Discarded
from apps.exports.http import export_file, news, synanno_file
from apps.exports.models import Export
from apps.exports.schema import SYNANNO_FILE
from apps.exports.selectors import export_of, exports_of, restores_of
from apps.exports.serializers import (
    ExportSerializer,
    ExportsSerializer,
    NewExportSerializer,
    described,
    new_export,
)
from apps.exports.services.asking import ask_for_export, cancel_export, remove_export
from apps.exports.services.restores import (
    ask_for_campaign,
    check_form_size,
    keep_file,
    remove_restore,
    restore_of,
)

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


class RestoresView(APIView):
    """`GET`: the files that one has sent to restore campaigns from, cheap to ask again by way of
    the ETag. `POST`, a form with a file: SynAnno's JSON. What it holds is looked at; ask for it
    until its `state` is `read`. For those who may open campaigns."""

    permission_classes = (IsAdminUser,)
    parser_classes = (MultiPartParser, BoundedJSONParser)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything looks into the form: by then the file would lie on the disk, whatever
        # its size.
        check_form_size(int(request.META.get("CONTENT_LENGTH") or 0))
        super().initial(request, *args, **kwargs)

    @extend_schema(responses=RestoresSerializer)
    def get(self, request: Request) -> HttpResponseBase:
        restores = [described_restore(one) for one in restores_of(person(request))]
        return news(request, {"restores": restores})

    @extend_schema(request=RestoreFileSerializer, responses={201: RestoreSerializer})
    def post(self, request: Request) -> Response:
        data = validated(RestoreFileSerializer(data=request.data))
        file, key = data["file"], data.get("key") or uuid.uuid4()
        kept = keep_file(person(request), key, file.name or "", file.chunks(), timezone.now())
        return Response(described_restore(kept), status=status.HTTP_201_CREATED)


class RestoreView(APIView):
    """`GET`: what a file holds, how far its campaign is, and why not. `DELETE`: forget the file; a
    campaign that was made of it stays."""

    permission_classes = (IsAdminUser,)

    @extend_schema(responses=RestoreSerializer)
    def get(self, request: Request, restore_key: uuid.UUID) -> HttpResponseBase:
        return news(request, described_restore(restore_of(person(request), restore_key)))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, restore_key: uuid.UUID) -> Response:
        remove_restore(restore_of(person(request), restore_key))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RestoreCampaignView(APIView):
    """`POST {"name": "Again", "table": 3, "annotator": "anna", "polarity_switch": "artifact"}`:
    have a campaign made of the file; ask for the file until its `state` is `made`."""

    permission_classes = (IsAdminUser,)

    @extend_schema(request=NewRestoredCampaignSerializer, responses={202: RestoreSerializer})
    def post(self, request: Request, restore_key: uuid.UUID) -> Response:
        restore = restore_of(person(request), restore_key)
        choices = validated(NewRestoredCampaignSerializer(data=request.data))
        asked = ask_for_campaign(restore, person(request), choices, timezone.now())
        return Response(described_restore(asked), status=status.HTTP_202_ACCEPTED)
