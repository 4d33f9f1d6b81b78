"""The API of campaigns."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpResponseNotModified
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.models import Campaign
from apps.campaigns.selectors import campaign_for, progress_of
from apps.campaigns.serializers import ProgressSerializer


class ProgressView(APIView):
    """`GET`: how far the campaign is; cheap to ask each second, by way of the ETag."""

    @extend_schema(responses=ProgressSerializer)
    def get(self, request: Request, campaign_id: int) -> HttpResponseBase:
        campaign = campaign_for(person(request), campaign_id)
        body = _progress(campaign)
        etag = f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return HttpResponseNotModified(headers={"ETag": etag})
        return Response(body, headers={"ETag": etag, "Cache-Control": "private, no-cache"})


def _progress(campaign: Campaign) -> dict[str, Any]:
    progress = progress_of(campaign)
    is_prepared = campaign.status == Campaign.Status.PREPARING
    walked, neurons = campaign.walks() if is_prepared else (0, 0)
    return {
        "status": "finished" if progress.finished else progress.status,
        "cancelling": progress.is_cancelled,
        "placed": progress.placed,
        "to_place": progress.to_place,
        "neurons": neurons,
        "walked": walked,
        "prepared": progress.prepared,
        "to_prepare": progress.to_prepare,
        "pages_done": progress.pages_done,
        "pages_total": progress.pages_total,
    }
