"""The API of priorities: which instances are judged before others."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import validated
from apps.proofreading.serializers import PrioritiesSerializer
from apps.proofreading.services.ranking import set_priorities


class PrioritiesView(APIView):
    """`POST {"rows": [{"source_id", "priority"}]}`: hand out the pages of these instances first,
    the highest priority before all; pages that were submitted stay as they are."""

    @extend_schema(
        request=PrioritiesSerializer,
        responses=inline_serializer("Prioritised", {"pages_moved": serializers.IntegerField()}),
    )
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        rows = validated(PrioritiesSerializer(data=request.data))["rows"]
        priorities = {row["source_id"]: row["priority"] for row in rows}
        moved = set_priorities(campaign, priorities, manager, timezone.now())
        return Response({"pages_moved": moved})
