"""The API of what was done and shown in a campaign."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.listing import audit_of, versions_of
from apps.campaigns.models import AuditEntry, CampaignVersion
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.campaigns.serializers import AuditFilter, AuditSerializer, VersionSerializer
from apps.campaigns.services.pictures import get_picture
from apps.core.paging import filters_of


@extend_schema(parameters=[AuditFilter])
class AuditView(generics.ListAPIView[AuditEntry]):
    """`GET ?action=role_changed&person=anna&since=…`: who did what, the latest first."""

    serializer_class = AuditSerializer
    queryset = AuditEntry.objects.none()

    def get_queryset(self) -> QuerySet[AuditEntry]:
        campaign_id = self.kwargs["campaign_id"]
        campaign = campaign_for(person(self.request), campaign_id, Action.SEE_AUDIT)
        return audit_of(campaign, filters_of(self.request, AuditFilter))


class VersionsView(generics.ListAPIView[CampaignVersion]):
    """`GET`: what people were told and shown, the latest first."""

    serializer_class = VersionSerializer
    queryset = CampaignVersion.objects.none()

    def get_queryset(self) -> QuerySet[CampaignVersion]:
        campaign_id = self.kwargs["campaign_id"]
        return versions_of(campaign_for(person(self.request), campaign_id, Action.SEE_AUDIT))


class _AnyPicture(BaseRenderer):
    """Lets browsers ask for pictures, which the view sends as they are."""

    media_type = "image/*"
    format = "picture"

    def render(self, data: bytes, *_: object, **__: object) -> bytes:
        return data


class PictureView(APIView):
    """`GET`: an example picture of the instructions."""

    renderer_classes = (JSONRenderer, _AnyPicture)

    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY})
    def get(self, request: Request, campaign_id: int, picture_id: int) -> HttpResponse:
        campaign = campaign_for(person(request), campaign_id, Action.SEE)
        picture = get_picture(campaign, picture_id)
        # A picture is never changed. Nothing in it runs, whatever it holds beside the picture.
        return HttpResponse(
            bytes(picture.content),
            content_type=picture.content_type,
            headers={
                "Cache-Control": "private, max-age=86400, immutable",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
            },
        )
