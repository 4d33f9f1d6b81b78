"""The API of the campaigns that one takes part in."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.http import person
from apps.campaigns.listing import campaigns_like
from apps.campaigns.models import Campaign
from apps.campaigns.serializers import CampaignFilters, ListedCampaignSerializer
from apps.core.paging import filters_of


class MyCampaignsView(generics.ListAPIView[Campaign]):
    """`GET ?status=open&name=ca3`: the campaigns that one takes part in, the newest first, with
    one's role and how far each is."""

    serializer_class = ListedCampaignSerializer
    queryset = Campaign.objects.none()

    def get_queryset(self) -> QuerySet[Campaign]:
        user = person(self.request)
        return campaigns_like(user, filters_of(self.request, CampaignFilters))

    @extend_schema(parameters=[CampaignFilters])
    def get(self, request: Request) -> Response:
        return self.list(request)
