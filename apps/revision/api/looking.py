"""The API of who looks at what was drawn, and draws nothing: the answers are as those to who
holds the instance."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import FramesRenderer
from apps.revision.api.drawing_serializers import EaselSerializer, VersionsSerializer
from apps.revision.api.easel import easel_told, picture_told
from apps.revision.api.slices import OF_VERSIONS, versions_told
from apps.revision.selectors.easels import Easel, easel_of
from apps.revision.selectors.looking import revision_in


def _easel(request: Request, campaign_id: int, revision_id: int) -> Easel:
    """Of an instance, for who may see the results of its campaign."""
    campaign = campaign_for(person(request), campaign_id, Action.SEE_RESULTS)
    return easel_of(revision_in(campaign, revision_id))


class LookEaselView(APIView):
    """`GET`: what holds in each slice, both points and what was proposed."""

    @extend_schema(responses=EaselSerializer)
    def get(self, request: Request, campaign_id: int, revision_id: int) -> Response:
        return Response(easel_told(_easel(request, campaign_id, revision_id)))


class LookPictureView(APIView):
    """`GET`: the picture below, and the mask as the cleft volume has it, in frames."""

    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(responses=OpenApiTypes.BINARY)
    def get(self, request: Request, campaign_id: int, revision_id: int) -> StreamingHttpResponse:
        return picture_told(_easel(request, campaign_id, revision_id), ahead=False)


class LookVersionsView(APIView):
    """`GET ?z=12`: the versions of a slice, by whom and when, the newest first."""

    @extend_schema(parameters=OF_VERSIONS, responses=VersionsSerializer)
    def get(self, request: Request, campaign_id: int, revision_id: int) -> Response:
        return Response(versions_told(_easel(request, campaign_id, revision_id), request))
