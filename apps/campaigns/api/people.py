"""The API of what managers do with the people of a campaign."""

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
from apps.campaigns.serializers import TransferSerializer
from apps.campaigns.services.assigning import (
    judge_named,
    member_of,
    pause_person,
    resume_person,
    transfer_pages,
)
from apps.core.api import validated


class PauseView(APIView):
    """`POST`: hand no more pages to a person."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, campaign_id: int, person_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        pause_person(member_of(campaign, person_id), manager, timezone.now())
        return Response(status=204)


class ResumeView(APIView):
    """`POST`: hand pages to a person again."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, campaign_id: int, person_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        resume_person(member_of(campaign, person_id), manager, timezone.now())
        return Response(status=204)


class TransferView(APIView):
    """`POST {"to": "ben"}`: give all pages that a person has to another, or to everybody."""

    @extend_schema(
        request=TransferSerializer,
        responses=inline_serializer(
            "Transferred", {"pages": serializers.ListField(child=serializers.IntegerField())}
        ),
    )
    def post(self, request: Request, campaign_id: int, person_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        data = validated(TransferSerializer(data=request.data))
        leaver = member_of(campaign, person_id)
        to = None if data["to"] is None else judge_named(campaign, data["to"], "to")
        return Response({"pages": transfer_pages(leaver, to, manager, timezone.now())})
