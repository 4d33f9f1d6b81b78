"""The API of instances in Neuroglancer."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.models import Campaign, Item
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, lease_for
from apps.core.api import validated
from apps.core.errors import InvalidInputError
from apps.datasets.domain.viewer_state import state_fragment
from apps.datasets.selectors.listing import volumes_of_table
from apps.datasets.serializers import PlanViewSerializer
from apps.datasets.services.viewing import View, view_of_dataset
from apps.proofreading.answer_serializers import ViewSerializer
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.serializers import ViewedItemSerializer
from apps.proofreading.services.viewing import neuroglancer_state, section_state


class LeaseViewerView(APIView):
    """`GET ?item=1`: an instance of a page of one's own as Neuroglancer shows it, and the address
    of the page that does. Of a page without instances, on which one looks for what was missed, it
    is the beginning of its section."""

    @extend_schema(parameters=[ViewedItemSerializer], responses=ViewSerializer)
    def get(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        wanted = _wanted(request)
        items = items_of_lease(lease)
        found = next((item for item in items if wanted in (None, item.pk)), None)
        if found is not None:
            return _answer(request, lease.page.campaign, found)
        origin = request.build_absolute_uri("/")
        view = section_state(lease.page, origin) if wanted is None else None
        if view is None:
            sentence = (
                "item: this page has none."
                if wanted is None
                else f"item: {wanted} is not on this page."
            )
            raise InvalidInputError(sentence, field="item")
        return _described(view)


class CampaignViewerView(APIView):
    """`GET ?item=1`: likewise any instance of a campaign, for those who see its results."""

    @extend_schema(parameters=[ViewedItemSerializer], responses=ViewSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.SEE_RESULTS)
        wanted = _wanted(request)
        items = campaign.items.select_related("instance").order_by("position")
        found = (items if wanted is None else items.filter(pk=wanted)).first()
        if found is None:
            raise InvalidInputError(f"item: {wanted} is not of this campaign.", field="item")
        return _answer(request, campaign, found)


class ChoosingView(APIView):
    """`GET`: the volumes of the campaign's dataset as Neuroglancer shows them, with nothing
    selected, to choose neurons there; for managers."""

    @extend_schema(responses=PlanViewSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.MANAGE)
        volumes = volumes_of_table(campaign.table_id)
        return _described(view_of_dataset(volumes, request.build_absolute_uri("/")))


def _wanted(request: Request) -> int | None:
    given = validated(ViewedItemSerializer(data=request.query_params))
    wanted: int | None = given.get("item")
    return wanted


def _answer(request: Request, campaign: Campaign, item: Item) -> Response:
    return _described(neuroglancer_state(campaign, item, request.build_absolute_uri("/")))


def _described(view: View) -> Response:
    address = reverse("neuroglancer") + state_fragment(view.state)
    problems = [{"layer": one.layer, "sentence": one.sentence} for one in view.problems]
    return Response({"state": view.state, "problems": problems, "address": address})
