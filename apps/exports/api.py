"""The API of result files."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.exports.http import KEEP, LEAVE_OUT, synanno_file
from apps.exports.schema import SYNANNO_FILE

_DISCARDED = OpenApiParameter(
    "discarded",
    str,
    enum=[KEEP, LEAVE_OUT],
    default=KEEP,
    description="What becomes of false positives that were discarded.",
)


class SynAnnoFileView(APIView):
    """`GET ?discarded=leave-out`: the results as SynAnno's JSON file, sent as it is made; for
    managers."""

    @extend_schema(parameters=[_DISCARDED], responses={200: SYNANNO_FILE})
    def get(self, request: Request, campaign_id: int) -> StreamingHttpResponse:
        campaign = campaign_for(person(request), campaign_id, Action.EXPORT)
        return synanno_file(campaign, request.query_params)
