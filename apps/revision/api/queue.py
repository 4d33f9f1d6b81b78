"""The API of a campaign's revisions, for managers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.paging import filters_of
from apps.revision.answer_serializers import ListedRevisionSerializer, RevisionChangedSerializer
from apps.revision.models import Revision
from apps.revision.selectors.listing import revisions_of
from apps.revision.serializers import RevisionFilter
from apps.revision.services.finishing import reopen, withdraw


@extend_schema(parameters=[RevisionFilter])
class RevisionsView(generics.ListAPIView[Revision]):
    """`GET ?state=held&person=anna`: the instances to mend, and who has which."""

    serializer_class = ListedRevisionSerializer
    queryset = Revision.objects.none()

    def get_queryset(self) -> QuerySet[Revision]:
        campaign = campaign_for(person(self.request), self.kwargs["campaign_id"], Action.MANAGE)
        return revisions_of(campaign, filters_of(self.request, RevisionFilter), timezone.now())

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}


class ReopenView(APIView):
    """`POST`: have a finished instance mended again, by whoever is handed it."""

    @extend_schema(request=None, responses=RevisionChangedSerializer)
    def post(self, request: Request, campaign_id: int, revision_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        reopen(campaign, revision_id, manager, timezone.now())
        return Response({"changed": True})


class WithdrawView(APIView):
    """`POST`: take an instance from whoever holds it, for everybody."""

    @extend_schema(request=None, responses=RevisionChangedSerializer)
    def post(self, request: Request, campaign_id: int, revision_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        withdraw(campaign, revision_id, manager, timezone.now())
        return Response({"changed": True})
