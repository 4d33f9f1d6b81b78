"""The API of what a person called incorrect or unsure, and of discarding false positives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Lease
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, lease_for, requests_of
from apps.campaigns.services.holding import lease_duration
from apps.core.api import validated
from apps.core.errors import NotFoundError
from apps.proofreading.answer_serializers import CardsSerializer, DiscardAnswerSerializer
from apps.proofreading.page_frames import addresses_of, categories_told, tile_of
from apps.proofreading.selectors.cards import CardPage, card_counts, card_pages
from apps.proofreading.selectors.discards import last_batch
from apps.proofreading.serializers import (
    CardsWantedSerializer,
    DiscardSerializer,
    TakeBackSerializer,
)
from apps.proofreading.services.discarding import (
    discard_false_positives,
    take_back,
    why_none_discarded,
)


class CardsView(APIView):
    """`GET ?after=…&only=unexplained&page=…`: what one called incorrect or unsure, page by page,
    in parts; without what one discarded. Labels are changed where the page says."""

    @extend_schema(parameters=[CardsWantedSerializer], responses=CardsSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        annotator = person(request)
        campaign = campaign_for(annotator, campaign_id, Action.SEE_OWN_FIGURES)
        wanted = validated(CardsWantedSerializer(data=request.query_params))
        lease = _lease_of(campaign, annotator, wanted.get("page"))
        only_unexplained = wanted["only"] == "unexplained"
        part = card_pages(
            *(campaign, annotator, lease),
            after=wanted["after"],
            only_unexplained=only_unexplained,
        )
        said = [card.said for page in part.pages for card in page.cards]
        is_first = wanted["after"] == 0
        return Response(
            {
                "counts": asdict(card_counts(campaign, annotator, lease)) if is_first else None,
                "categories": categories_told(campaign, said),
                "pages": _described(campaign, part.pages),
                "next": part.next,
                "last_discard": _last(campaign, annotator) if is_first else None,
                "fixed": why_none_discarded(campaign),
            }
        )


class DiscardView(APIView):
    """`POST {"key": …, "count": …}`: discard all that one calls false positives. A 409
    `other_number` says that there are more or fewer by now than `count`, in its own `count`; a 409
    `used_key` that this key was used with another number."""

    @extend_schema(request=DiscardSerializer, responses=DiscardAnswerSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        annotator = person(request)
        campaign = campaign_for(annotator, campaign_id, Action.JUDGE)
        data = validated(DiscardSerializer(data=request.data))
        now = timezone.now()
        count = discard_false_positives(campaign, annotator, data["key"], data["count"], now)
        return _after(campaign, annotator, count)


class TakeBackView(APIView):
    """`POST {"key": …}`: put back what one discarded under this key."""

    @extend_schema(request=TakeBackSerializer, responses=DiscardAnswerSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        annotator = person(request)
        campaign = campaign_for(annotator, campaign_id, Action.JUDGE)
        key = validated(TakeBackSerializer(data=request.data))["key"]
        return _after(campaign, annotator, take_back(campaign, annotator, key, timezone.now()))


def _lease_of(campaign: Campaign, annotator: User, token: UUID | None) -> Lease | None:
    if token is None:
        return None
    lease = lease_for(annotator, str(token))
    if lease.page.campaign_id != campaign.pk:
        raise NotFoundError("page: this page is of another campaign.", field="page")
    return lease


def _described(campaign: Campaign, pages: Sequence[CardPage]) -> list[dict[str, Any]]:
    items = [card.item for page in pages for card in page.cards]
    requests = requests_of(campaign, items)
    cutouts = {item.pk: one.key for item, one in zip(items, requests, strict=True)}
    return [_page(page, cutouts) for page in pages]


def _page(page: CardPage, cutouts: dict[int, str]) -> dict[str, Any]:
    lease = page.lease
    return {
        "id": lease.page_id,
        "number": lease.page.number,
        "kind": lease.page.kind,
        "state": "submitted" if lease.ending == Lease.Ending.SUBMITTED else "held",
        "held_s": int(lease_duration(lease.page.campaign).total_seconds()),
        "lease": {"token": str(lease.token), **addresses_of(lease)},
        "cards": [
            tile_of(
                *(card.item, card.place, cutouts[card.item.pk]),
                *(card.said, card.locked, page.has_gold),
            )
            for card in page.cards
        ],
    }


def _after(campaign: Campaign, annotator: User, count: int) -> Response:
    counts = asdict(card_counts(campaign, annotator))
    return Response({"count": count, "counts": counts, "last_discard": _last(campaign, annotator)})


def _last(campaign: Campaign, annotator: User) -> dict[str, Any] | None:
    batch = last_batch(campaign, annotator)
    return None if batch is None else asdict(batch)
