"""The API of what somebody mended."""

from __future__ import annotations

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
from apps.revision.answer_serializers import RevisionChangedSerializer
from apps.revision.api.mine_serializers import MyRevisionSerializer
from apps.revision.models import RevisionLease
from apps.revision.selectors.mine import leases_of
from apps.revision.services.reopening import reopen_own


class MyRevisionsView(generics.ListAPIView[RevisionLease]):
    """`GET`: the instances that you were handed to mend, the latest first."""

    serializer_class = MyRevisionSerializer
    queryset = RevisionLease.objects.none()

    def get_queryset(self) -> QuerySet[RevisionLease]:
        reviser = person(self.request)
        campaign = campaign_for(reviser, self.kwargs["campaign_id"], Action.REVISE)
        return leases_of(campaign, reviser)


class ReopenMineView(APIView):
    """`POST`: you have finished with it by mistake; it is yours to mend again. Refused, with a
    sentence, where somebody else or an expert has come after you."""

    @extend_schema(request=None, responses=RevisionChangedSerializer)
    def post(self, request: Request, campaign_id: int, revision_id: int) -> Response:
        reviser = person(request)
        campaign = campaign_for(reviser, campaign_id, Action.SEE)
        reopen_own(campaign, revision_id, reviser, timezone.now())
        return Response({"changed": True})
