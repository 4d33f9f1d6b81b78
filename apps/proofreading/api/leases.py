"""The API of a person at work: lease a page, see its cutouts, record verdicts, submit or skip."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from random import SystemRandom
from typing import Any

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Lease
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for, lease_for, requests_of
from apps.campaigns.services.cutouts import (
    PATIENCE_S,
    frames_of,
    request_missing,
    request_pages_to_come,
)
from apps.campaigns.services.holding import hold_aside, hold_for_update, lease_duration
from apps.core.api import FramesRenderer, frames_response, frames_stream, validated
from apps.core.errors import InvalidInputError, SynAnnoError
from apps.datasets.services.cutouts import await_frames
from apps.proofreading.answer_serializers import (
    HeldSerializer,
    KeptSerializer,
    KeptUntilSerializer,
    NotAllKeptSerializer,
    SkippedSerializer,
    SubmittedSerializer,
)
from apps.proofreading.api.gold import told_of_gold
from apps.proofreading.domain import Label
from apps.proofreading.neuron_serializers import SectionChoiceSerializer
from apps.proofreading.page_frames import Shown, as_held, as_submitted, no_page_frame, page_frame
from apps.proofreading.selectors import items_of_lease
from apps.proofreading.serializers import (
    LeaseSerializer,
    SkipSerializer,
    SubmissionSerializer,
    VerdictsSerializer,
    new_verdicts,
)
from apps.proofreading.services.handing import Handed, hand_page, hold_again, skip
from apps.proofreading.services.revising import revise_verdicts
from apps.proofreading.services.verdicts import record_verdicts, submit_page
from apps.voxels.frames import encode_frame

ITEMS = OpenApiParameter("items", str, description="Some instances, separated by commas.")
_STREAMED_TOGETHER = 4
# Whoever was handed a page fetches its other slices first. People take much longer over a page, and
# one look sees to all that were handed out in this time.
_LOOK_AHEAD_AFTER_S = 0.5


class LeaseView(APIView):
    """`POST ?another=true`: the page that this person works on next, ready to be painted.

    Frames: one about the page, with why it is this one, then one an instance with its middle
    slice; or a single one that says why there is none. `another` asks for one more page beside
    those that they hold, up to the campaign's cap; `{"section": 17, "leaving": TOKEN}` for one of
    this section instead of that page, which is put aside.
    """

    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(
        parameters=[LeaseSerializer],
        request=SectionChoiceSerializer,
        responses=OpenApiTypes.BINARY,
    )
    def post(self, request: Request, campaign_id: int) -> HttpResponse:
        annotator = person(request)
        campaign = campaign_for(annotator, campaign_id, Action.JUDGE)
        another = validated(LeaseSerializer(data=request.query_params))["another"]
        handed = hand_page(
            campaign,
            annotator,
            timezone.now(),
            SystemRandom(),
            another=another,
            **_choice_of(request),
        )
        return frames_response(_handed(campaign, handed))


def _choice_of(request: Request) -> dict[str, Any]:
    """The section that is asked for, and the page left for it; most ask for none, and send
    nothing."""
    if not (request.content_type or "").startswith("application/json"):
        return {}
    data = validated(SectionChoiceSerializer(data=request.data))
    return {name: data.get(name) for name in ("section", "leaving")}


class PageView(APIView):
    """`GET`: a page of one's own again, in frames as above: one that is held, and is then held
    further, or one that was submitted."""

    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(responses=OpenApiTypes.BINARY)
    def get(self, request: Request, token: str) -> HttpResponse:
        lease = lease_for(person(request), token)
        items = items_of_lease(lease)
        if lease.ending == Lease.Ending.SUBMITTED:
            shown = as_submitted(lease, items)
        else:
            shown = as_held(hold_again(lease, timezone.now()))
        return frames_response(_page(lease.page.campaign, lease, items, shown))


class TilesView(APIView):
    """`GET ?items=1,2`: the middle frames of some instances of a leased page again."""

    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(parameters=[ITEMS], responses=OpenApiTypes.BINARY)
    def get(self, request: Request, token: str) -> HttpResponse:
        lease = lease_for(person(request), token)
        items = _chosen(items_of_lease(lease), request.query_params.get("items", ""))
        requests = requests_of(lease.page.campaign, items)
        return frames_response(frames_of("middle", items, requests))


class StacksView(APIView):
    """`GET`: all the other slices of a leased page, an instance after the other.

    `?items=1,2` limits it to some instances.
    """

    renderer_classes = (FramesRenderer, JSONRenderer)

    @extend_schema(parameters=[ITEMS], responses=OpenApiTypes.BINARY)
    def get(self, request: Request, token: str) -> StreamingHttpResponse:
        lease = lease_for(person(request), token)
        items = _chosen(items_of_lease(lease), request.query_params.get("items", ""))
        requests = requests_of(lease.page.campaign, items)
        request_missing(items, requests)
        return frames_stream(_stacks([request.key for request in requests]))


class VerdictsView(APIView):
    """`POST {"verdicts": […]}`: keep labels as they are made. Sending them again is harmless.

    A 409 says what became of each: they may be kept as late, or refused for good. A 400 or 404
    has stored none of them, and will not.
    """

    @extend_schema(
        request=VerdictsSerializer, responses={200: KeptUntilSerializer, 409: NotAllKeptSerializer}
    )
    def post(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        data = validated(VerdictsSerializer(data=request.data))
        now = timezone.now()
        kept = record_verdicts(lease, new_verdicts(data["verdicts"]), now)
        return Response({"kept": kept, "expires_at": now + lease_duration(lease.page.campaign)})


class ReviseView(APIView):
    """`POST {"verdicts": […]}`: change labels of a page that one has submitted. What can be
    changed no more is refused, the others are stored; errors are as those of verdicts."""

    @extend_schema(
        request=VerdictsSerializer, responses={200: KeptSerializer, 409: NotAllKeptSerializer}
    )
    def post(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        data = validated(VerdictsSerializer(data=request.data))
        return Response({"kept": revise_verdicts(lease, new_verdicts(data["verdicts"]))})


class RenewView(APIView):
    """`POST`: hold the page further while it is open in front of someone."""

    @extend_schema(request=None, responses=HeldSerializer)
    def post(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        now = timezone.now()
        with transaction.atomic():
            page = hold_for_update(lease, now)
        if page.campaign.order == Campaign.Order.NEURON:  # elsewhere nothing is put aside
            hold_aside(page.campaign, lease.user_id, now)
        return Response({"expires_at": page.held_until})


class SubmitView(APIView):
    """`POST {"verdicts": […], "labels": {item: label}}`: the page is done.

    The answer says what came of a round of training, and where the campaign tells it, how the
    known items among the others were judged. With `"next": true` it comes as a frame, and those of
    the page that this person works on next follow it, as a lease would bring them. Sending the same
    again is harmless, and brings the same page: it is held by then.
    """

    renderer_classes = (JSONRenderer, FramesRenderer)

    @extend_schema(
        request=SubmissionSerializer,
        responses={
            (200, "application/json"): SubmittedSerializer,
            (200, FramesRenderer.media_type): OpenApiTypes.BINARY,
            409: NotAllKeptSerializer,
        },
    )
    def post(self, request: Request, token: str) -> HttpResponseBase:
        annotator = person(request)
        lease = lease_for(annotator, token)
        data = validated(SubmissionSerializer(data=request.data))
        seen = {int(item): Label(label) for item, label in data["labels"].items()}
        submit_page(lease, new_verdicts(data["verdicts"]), seen, timezone.now())
        told = {"submitted": True, **told_of_gold(lease)}
        if not data["next"]:
            return Response(told)
        told_first = chain([encode_frame({"part": "submitted", **told})], _next(lease, annotator))
        return frames_stream(told_first)


class SkipView(APIView):
    """`POST {"reason": "…"}`: give the page to others, and be handed it no more."""

    @extend_schema(request=SkipSerializer, responses=SkippedSerializer)
    def post(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        reason = validated(SkipSerializer(data=request.data))["reason"]
        skip(lease, reason, timezone.now())
        return Response({"skipped": True})


def _handed(campaign: Campaign, handed: Handed) -> list[bytes]:
    """The frames of what was handed out; pages to come are rendered next."""
    if handed.lease is None:
        return [no_page_frame(campaign, handed)]
    items = items_of_lease(handed.lease)
    frames = _page(campaign, handed.lease, items, as_held(handed))
    request_pages_to_come(campaign, after_s=_LOOK_AHEAD_AFTER_S)
    return frames


def _next(lease: Lease, annotator: User) -> Iterator[bytes]:
    """The page after one that was submitted. Nothing where it cannot be handed out now: whoever
    asks for it on its own is told why, and what was submitted stays so."""
    campaign = lease.page.campaign
    with contextlib.suppress(SynAnnoError):
        handed = hand_page(campaign, annotator, timezone.now(), SystemRandom())
        yield b"".join(_handed(campaign, handed))


def _page(campaign: Campaign, lease: Lease, items: Sequence[Item], shown: Shown) -> list[bytes]:
    requests = requests_of(campaign, items)
    keys = [request.key for request in requests]
    return [
        page_frame(campaign, lease, items, keys, shown),
        *frames_of("middle", items, requests),
    ]


def _stacks(keys: Sequence[str]) -> Iterator[bytes]:
    """The frames of some cutouts, a few at a time; the whole response waits `PATIENCE_S`."""
    ends_at = time.monotonic() + PATIENCE_S
    for start in range(0, len(keys), _STREAMED_TOGETHER):
        left_s = max(0.0, ends_at - time.monotonic())
        yield b"".join(await_frames("rest", keys[start : start + _STREAMED_TOGETHER], left_s))


def _chosen(items: Sequence[Item], text: str) -> list[Item]:
    if not text:
        return list(items)
    try:
        wanted = {int(part) for part in text.split(",")}
    except ValueError:
        raise InvalidInputError(
            f"items: {text!r} is no list of numbers with commas.", field="items"
        ) from None
    chosen = [item for item in items if item.pk in wanted]
    if len(chosen) < len(wanted):
        raise InvalidInputError("items: some of these are not on this page.", field="items")
    return chosen
