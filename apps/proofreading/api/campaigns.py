"""The API of campaigns: open, change, start, pause, close, clone them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import MayOpenCampaigns, person
from apps.campaigns.api.lists import MyCampaignsView
from apps.campaigns.domain import Assignment
from apps.campaigns.domain.neurons import with_neurons
from apps.campaigns.models import Membership
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.campaigns.services.assigning import judge_named
from apps.core.api import validated
from apps.datasets.domain.selection import describe_selection
from apps.datasets.selectors import count_instances, get_table
from apps.proofreading.campaign_serializers import (
    CampaignChangesSerializer,
    CampaignSerializer,
    NameSerializer,
    PersonSerializer,
    StatusSerializer,
    TableSelectionSerializer,
    ToldCampaignSerializer,
    describe_campaign,
)
from apps.proofreading.services.campaigns import (
    change_campaign,
    clone_campaign,
    move_campaign,
    open_campaign,
)
from apps.proofreading.services.policies import make_policy
from apps.proofreading.services.reopening import reopen_page
from apps.voxels.geometry import Point

_MADE = inline_serializer("MadeCampaign", {"id": serializers.IntegerField()})
_COUNTED = inline_serializer(
    "CountedInstances",
    {
        "count": serializers.IntegerField(),
        "is_exact": serializers.BooleanField(),
        "selected": serializers.ListField(child=serializers.CharField()),
    },
)
_COUNT_FOR_S = 10.0  # less than a proxy waits
_ASSIGNMENT = ("passes", "order", "order_seed", "open_pages_cap", "deadline", "needs_training")


class CampaignsView(MyCampaignsView):
    """`GET ?status=open&name=ca3`: the campaigns that one takes part in, the newest first, with
    one's role and how far each is. `POST`: open one on a synapse table (`/api/tables` lists
    them); its maker becomes its manager. It starts at once, and what is fixed then stays so,
    unless `draft` is true. For staff and administrators."""

    def get_permissions(self) -> list[Any]:
        is_post = self.request.method == "POST"
        return [MayOpenCampaigns()] if is_post else [*super().get_permissions()]

    @extend_schema(request=CampaignSerializer, responses={201: _MADE})
    def post(self, request: Request) -> Response:
        manager = person(request)
        data = validated(CampaignSerializer(data=request.data))
        campaign = open_campaign(
            data["name"],
            get_table(data["table"]),
            {manager: Membership.Role.MANAGER},
            selection=data["selection"],
            page_size=data["page_size"],
            crop=Point(*data["crop_size"]),
            instructions=data["instructions"],
            assignment=Assignment(**{name: data[name] for name in _ASSIGNMENT}),
            neurons=data["neurons"],
            policy=make_policy(data["passes"], data["policy"]) if data["policy"] else None,
            created_by=manager,
            as_draft=data["draft"],
        )
        return Response({"id": campaign.pk}, status=status.HTTP_201_CREATED)


class CountView(APIView):
    """`POST {"table": 1, "selection": {…}, "neurons": {…}}`: how many instances a campaign would
    be of. They are not counted beyond a million: `is_exact` is false then, and there are more."""

    permission_classes = (MayOpenCampaigns,)

    @extend_schema(request=TableSelectionSerializer, responses=_COUNTED)
    def post(self, request: Request) -> Response:
        data = validated(TableSelectionSerializer(data=request.data))
        table, selection = get_table(data["table"]), data["selection"]
        if data["neurons"] is not None:
            selection = with_neurons(selection, data["neurons"])
        count = count_instances(table, selection, within_s=_COUNT_FOR_S)
        told = {"count": count.number, "is_exact": count.is_exact}
        return Response(told | {"selected": describe_selection(selection)})


class CampaignView(APIView):
    """`GET`: a campaign and its settings. `PATCH`: change some of them."""

    @extend_schema(responses=ToldCampaignSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        return Response(describe_campaign(campaign_for(person(request), campaign_id)))

    @extend_schema(
        request=CampaignChangesSerializer(partial=True), responses=ToldCampaignSerializer
    )
    def patch(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        data: dict[str, Any] = validated(CampaignChangesSerializer(data=request.data, partial=True))
        changed = change_campaign(campaign, data, manager, timezone.now())
        return Response(describe_campaign(changed))


class StatusView(APIView):
    """`POST {"to": "paused"}`: start, pause, open, close or archive a campaign."""

    @extend_schema(request=StatusSerializer, responses=StatusSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        to = validated(StatusSerializer(data=request.data))["to"]
        return Response({"to": move_campaign(campaign, to, manager, timezone.now()).status})


class CloneView(APIView):
    """`POST {"name": "…"}`: a draft with the settings, categories, pictures, gold, people and teams
    of this. For managers who may open campaigns."""

    permission_classes = (MayOpenCampaigns,)

    @extend_schema(request=NameSerializer, responses={201: _MADE})
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        name = validated(NameSerializer(data=request.data))["name"]
        clone = clone_campaign(campaign, name, manager, timezone.now())
        return Response({"id": clone.pk}, status=status.HTTP_201_CREATED)


class ReopenView(APIView):
    """`POST {"person": null}`: put a submitted page out again; its answers count no more."""

    @extend_schema(
        request=PersonSerializer,
        responses=inline_serializer("Reopened", {"changed": serializers.BooleanField()}),
    )
    def post(self, request: Request, campaign_id: int, number: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        name = validated(PersonSerializer(data=request.data))["person"]
        who = None if name is None else judge_named(campaign, name)
        changed = reopen_page(campaign, number, who, manager, timezone.now())
        return Response({"changed": changed})
