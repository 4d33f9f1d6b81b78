"""The API of what a person has done in a campaign."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import validated
from apps.proofreading.answer_serializers import MyFiguresSerializer, MyPagesSerializer
from apps.proofreading.selectors.mine import my_pages
from apps.proofreading.serializers import MyPagesWantedSerializer
from apps.proofreading.services.figures import figures_of


class MyPagesView(APIView):
    """`GET ?before=…` or `?after=…`: the last pages that one has submitted, or those next to the
    one of a lease; with the address of each and, where its labels can no longer be changed, why."""

    @extend_schema(parameters=[MyPagesWantedSerializer], responses=MyPagesSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        annotator = person(request)
        campaign = campaign_for(annotator, campaign_id, Action.SEE_OWN_FIGURES)
        wanted = validated(MyPagesWantedSerializer(data=request.query_params))
        part = my_pages(campaign, annotator, **wanted)
        pages = [
            {
                "number": mine.lease.page.number,
                "kind": mine.lease.page.kind,
                "submitted_at": mine.submitted_at,
                "labels": mine.labels,
                "fixed": mine.fixed,
                "lease": str(mine.lease.token),
                "page_url": reverse("lease-page", args=[mine.lease.token]),
            }
            for mine in part.pages
        ]
        return Response(
            {
                "pages": pages,
                "earlier": pages[-1]["lease"] if pages and part.has_earlier else None,
                "later": pages[0]["lease"] if pages and part.has_later else None,
            }
        )


class MyFiguresView(APIView):
    """`GET`: what one has done in the campaign, how far it is, and why there is no page for one
    now, as the web says it after the last page. Nothing is handed out."""

    @extend_schema(responses=MyFiguresSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        annotator = person(request)
        campaign = campaign_for(annotator, campaign_id, Action.SEE_OWN_FIGURES)
        return Response(figures_of(campaign, annotator, timezone.now()))
