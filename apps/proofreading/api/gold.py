"""The API of gold: known answers are added, and how they were judged is reported."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.models import Lease
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import validated
from apps.core.errors import NotFoundError
from apps.core.spreadsheets import csv_text
from apps.proofreading.answer_serializers import AddedGoldSerializer, GoldReportSerializer
from apps.proofreading.domain.gold import training_sentence
from apps.proofreading.gold_tables import TABLES, describe_report, rows_of
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.selectors.gold import (
    gold_policy_of,
    gold_report,
    gold_shown_in,
    training_score,
    unseen_gold,
)
from apps.proofreading.serializers import GoldPolicySerializer, GoldSerializer
from apps.proofreading.services.gold import NewGold, add_gold, set_gold_policy


class GoldView(APIView):
    """`GET`: every gold item and every person with how often it was shown, judged and judged
    right. `POST {"rows": [{"source_id", "label", "explanation"}]}`: make instances gold."""

    @extend_schema(responses=GoldReportSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.SEE_RESULTS)
        return Response(describe_report(gold_report(campaign)))

    @extend_schema(request=GoldSerializer, responses={201: AddedGoldSerializer})
    def post(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        rows = validated(GoldSerializer(data=request.data))["rows"]
        new = [NewGold(where=f"row {number}", **row) for number, row in enumerate(rows, start=1)]
        added = add_gold(campaign, new, manager, timezone.now())
        return Response(
            {"new": added.new, "replaced": added.replaced}, status=status.HTTP_201_CREATED
        )


class GoldFileView(APIView):
    """`GET`: the items or the people of the report as a CSV file."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, campaign_id: int, table: str) -> HttpResponse:
        campaign = campaign_for(person(request), campaign_id, Action.SEE_RESULTS)
        if table not in TABLES:
            raise NotFoundError(f"There is no table {table!r}; there are {', '.join(TABLES)}.")
        text = csv_text(rows_of(table, describe_report(gold_report(campaign))))
        name = f"campaign-{campaign_id}-gold-{table}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


class GoldPolicyView(APIView):
    """`GET`: how gold is mixed in, told and used for training. `PATCH`: change it."""

    @extend_schema(responses=GoldPolicySerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.MANAGE)
        return Response(GoldPolicySerializer(gold_policy_of(campaign.pk)).data)

    @extend_schema(request=GoldPolicySerializer, responses=GoldPolicySerializer)
    def patch(self, request: Request, campaign_id: int) -> Response:
        manager = person(request)
        campaign = campaign_for(manager, campaign_id, Action.MANAGE)
        chosen = validated(GoldPolicySerializer(data=request.data))
        policy = set_gold_policy(campaign, chosen, manager, timezone.now())
        return Response(GoldPolicySerializer(policy).data)


def told_of_gold(lease: Lease) -> dict[str, Any]:
    """What the person of a submitted page is told of its gold; nothing where that is kept."""
    told: dict[str, Any] = {}
    if gold_policy_of(lease.page.campaign_id).gives_feedback:
        order = [item.pk for item in items_of_lease(lease)]
        told["feedback"] = [
            {
                "item": one.item_id,
                "place": order.index(one.item_id) + 1,
                "places": len(order),
                "source_id": str(one.source_id),
                "said": one.said,
                "truth": one.truth,
                "right": one.is_right,
                "explanation": one.explanation,
            }
            for one in gold_shown_in(lease)
        ]
    score = training_score(lease)
    if score is not None:
        campaign = lease.page.campaign
        is_more_left = unseen_gold(campaign, lease.user_id).exists()
        told["training"] = {
            "right": score.right,
            "shown": score.shown,
            "needed": score.needed,
            "passed": score.is_passed,
            "sentence": training_sentence(score, is_more_left=is_more_left),
        }
    return told
