"""The API of the dashboard: a route a panel, as JSON or as a CSV file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.errors import ForbiddenError, NotFoundError
from apps.evaluation.domain.panels import OWN_ROWS, Panel
from apps.evaluation.domain.tables import table_of
from apps.evaluation.schema import NOT_MADE as NOT_MADE_YET
from apps.evaluation.schema import PANEL
from apps.evaluation.selectors import Shown, open_leases, report_of
from apps.evaluation.services.asking import ask_for_reports

NOT_MADE = "The figures are being made; they appear in a moment."
PANELS = OpenApiParameter(
    "panel", str, OpenApiParameter.PATH, enum=[panel.value for panel in Panel]
)


class PanelView(APIView):
    """`GET`: the figures of one panel, cheap to ask again by way of the ETag.

    Managers and viewers see everybody; annotators and experts their own rows, in the panels that
    have rows of people. 202 while the figures have never been made: they are then on their way.
    """

    @extend_schema(parameters=[PANELS], responses={200: PANEL, 202: NOT_MADE_YET})
    def get(self, request: Request, campaign_id: int, panel: str) -> HttpResponseBase:
        shown = _shown(request, campaign_id, _panel(panel))
        if shown.body is None:
            return Response({"made_at": None, "sentence": NOT_MADE}, status=202)
        body = {"made_at": shown.made_at and shown.made_at.isoformat(), **shown.body}
        etag = f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:20]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == etag:
            return HttpResponseNotModified(headers=headers)
        return Response(body, headers=headers)


class PanelFileView(APIView):
    """`GET`: the same as a CSV file. No cell of it is a formula to a spreadsheet."""

    @extend_schema(parameters=[PANELS], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, campaign_id: int, panel: str) -> HttpResponseBase:
        kind = _panel(panel)
        shown = _shown(request, campaign_id, kind)
        if shown.body is None:
            raise NotFoundError(NOT_MADE)
        response = HttpResponse(_csv(kind, shown.body), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = (
            f'attachment; filename="campaign-{campaign_id}-{kind}.csv"'
        )
        response["Cache-Control"] = "private, no-store"
        return response


def _panel(name: str) -> Panel:
    try:
        return Panel(name)
    except ValueError as error:
        raise NotFoundError(f"There is no panel {name!r}; there are {', '.join(Panel)}.") from error


def _shown(request: Request, campaign_id: int, panel: Panel) -> Shown:
    user, now = person(request), timezone.now()
    campaign, own = _allowed(user, campaign_id, panel)
    if panel is Panel.LEASES:
        return Shown(None, open_leases(campaign, now, own))
    ask_for_reports(campaign, now)
    return report_of(campaign, panel, own)


def _allowed(user: User, campaign_id: int, panel: Panel) -> tuple[Campaign, User | None]:
    """The campaign, and the person to whose rows they are held; none for those who see all."""
    try:
        return campaign_for(user, campaign_id, Action.SEE_RESULTS), None
    except ForbiddenError:
        if panel not in OWN_ROWS:
            raise
    return campaign_for(user, campaign_id, Action.SEE_OWN_FIGURES), user


def _csv(panel: Panel, body: Mapping[str, Any]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(table_of(panel, body))
    return file.getvalue()
