"""The API of how a campaign's instances are mended."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import validated
from apps.revision.answer_serializers import RevisionSettingsSerializer
from apps.revision.selectors.queue import settings_of
from apps.revision.serializers import ChosenSettingsSerializer
from apps.revision.services.settings import change_settings


class SettingsView(APIView):
    """`GET`: how instances are mended. `PUT {"is_paused": true}`: change that."""

    @extend_schema(responses=RevisionSettingsSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.MANAGE)
        return Response(RevisionSettingsSerializer(settings_of(campaign)).data)

    @extend_schema(request=ChosenSettingsSerializer, responses=RevisionSettingsSerializer)
    def put(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        changes = validated(ChosenSettingsSerializer(data=request.data))
        changed = change_settings(campaign, changes, manager, timezone.now())
        return Response(RevisionSettingsSerializer(changed).data)
