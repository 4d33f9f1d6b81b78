"""The API of a campaign's pages, for managers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.listing import pages_of
from apps.campaigns.models import Page
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.campaigns.serializers import PageFilter, PageSerializer, ReservationSerializer
from apps.campaigns.services.assigning import judge_named, reserve_pages, take_back_page
from apps.core.api import validated
from apps.core.paging import filters_of


@extend_schema(parameters=[PageFilter])
class PagesView(generics.ListAPIView[Page]):
    """`GET ?state=held&person=anna`: the pages of a campaign, and who has which."""

    serializer_class = PageSerializer
    queryset = Page.objects.none()

    def get_queryset(self) -> QuerySet[Page]:
        campaign = campaign_for(person(self.request), self.kwargs["campaign_id"], Action.MANAGE)
        return pages_of(campaign, filters_of(self.request, PageFilter), timezone.now())

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}


class ReserveView(APIView):
    """`POST {"pages": [3, 4], "person": "anna"}`: keep pages for a person, or for nobody."""

    @extend_schema(
        request=ReservationSerializer,
        responses=inline_serializer(
            "Reserved", {"changed": serializers.ListField(child=serializers.IntegerField())}
        ),
    )
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        data = validated(ReservationSerializer(data=request.data))
        who = None if data["person"] is None else judge_named(campaign, data["person"])
        changed = reserve_pages(campaign, data["pages"], who, manager, timezone.now())
        return Response({"changed": changed})


class TakeBackView(APIView):
    """`POST`: take a page from whoever holds it, for everybody."""

    @extend_schema(
        request=None,
        responses=inline_serializer("TakenBack", {"changed": serializers.BooleanField()}),
    )
    def post(self, request: Request, campaign_id: int, number: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        return Response({"changed": take_back_page(campaign, number, manager, timezone.now())})
