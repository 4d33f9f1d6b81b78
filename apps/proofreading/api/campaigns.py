"""The API of campaigns that are opened with their error categories."""

from __future__ import annotations

from rest_framework import status
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.models import Membership
from apps.core.api import validated
from apps.datasets.selectors import get_table
from apps.proofreading.serializers import CampaignSerializer
from apps.proofreading.services.campaigns import open_campaign
from apps.voxels.geometry import Point


class CampaignsView(APIView):
    """`POST`: open a campaign on a synapse table. Its maker becomes its manager."""

    permission_classes = (IsAdminUser,)

    def post(self, request: Request) -> Response:
        manager = person(request)
        data = validated(CampaignSerializer(data=request.data))
        campaign = open_campaign(
            data["name"],
            get_table(data["table"]),
            {manager: Membership.Role.MANAGER},
            page_size=data["page_size"],
            crop=Point(*data["crop_size"]),
            instructions=data["instructions"],
            created_by=manager,
        )
        return Response({"id": campaign.pk}, status=status.HTTP_201_CREATED)
