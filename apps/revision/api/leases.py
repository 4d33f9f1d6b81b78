"""The API of a person who mends: be handed an instance, hold it, finish it or put it back."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import validated
from apps.revision.answer_serializers import (
    ADDRESSES,
    FinishedSerializer,
    HandedSerializer,
    HeldUntilSerializer,
    ReleasedSerializer,
)
from apps.revision.domain import Decision
from apps.revision.models import RevisionLease
from apps.revision.selectors.coming import why_it_came
from apps.revision.selectors.queue import (
    left_for,
    may_ask_for,
    revision_lease_for,
)
from apps.revision.serializers import FinishSerializer, ReleaseSerializer, WantedRevisionSerializer
from apps.revision.services.finishing import finish, release
from apps.revision.services.granting import lease_revision, no_such_revision
from apps.revision.services.leasing import hold_or_refuse, lease_duration

_COUNTS = ("waiting", "held", "done")


class LeaseView(APIView):
    """`POST {}`: the instance that this person is mending, else the next one for them; with
    `{"revision": 5}` this very one, which they were handed before or which was added; a manager
    any. Without any it says why. How many are left is told to managers, whether some wait to all.
    """

    @extend_schema(request=WantedRevisionSerializer, responses=HandedSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        reviser = person(request)
        campaign = campaign_for(reviser, campaign_id, Action.REVISE)
        wanted = validated(WantedRevisionSerializer(data=request.data)).get("revision")
        if wanted is not None and not may_ask_for(reviser, campaign, wanted):
            raise no_such_revision(wanted)
        now = timezone.now()
        handout = lease_revision(campaign, reviser, now, wanted)
        lease = handout.lease
        return Response(
            {
                "revision": None if lease is None else described(campaign, lease, reviser),
                "why": handout.why,
                "sentence": handout.sentence,
                "left": _left(reviser, campaign, now),
            }
        )


def _left(reviser: User, campaign: Campaign, now: datetime) -> dict[str, Any]:
    """As far as this person is told."""
    left = left_for(reviser, campaign, now)
    counts = dict.fromkeys(_COUNTS) if left.counts is None else asdict(left.counts)
    return {**counts, "some_wait": left.some_wait}


class RenewView(APIView):
    """`POST`: hold the instance further while it is open in front of somebody."""

    @extend_schema(request=None, responses=HeldUntilSerializer)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        with transaction.atomic():
            revision = hold_or_refuse(lease, timezone.now())
        return Response({"expires_at": revision.held_until})


class FinishView(APIView):
    """`POST {"decision": "mended", "note": "…"}`: the instance is done. Sending the same again is
    harmless."""

    @extend_schema(request=FinishSerializer, responses=FinishedSerializer)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        data = validated(FinishSerializer(data=request.data))
        finish(lease, Decision(data["decision"]), data["note"], timezone.now())
        return Response({"finished": True})


class ReleaseView(APIView):
    """`POST {"reason": "…"}`: put the instance back for others. What was drawn stays."""

    @extend_schema(request=ReleaseSerializer, responses=ReleasedSerializer)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        reason = validated(ReleaseSerializer(data=request.data))["reason"]
        release(lease, reason, timezone.now())
        return Response({"released": True})


def described(campaign: Campaign, lease: RevisionLease, reviser: User) -> dict[str, Any]:
    """A revision for who holds it. Nothing in it says who judged it."""
    revision = lease.revision
    instance = revision.instance
    came = why_it_came(campaign, revision, reviser)
    renew = reverse("revision-renew", args=[lease.token])
    return {
        "id": revision.pk,
        "number": revision.item.position + 1 if revision.item is not None else None,
        "origin": "table" if revision.item is not None else "added",
        "source_id": str(instance.source_id),
        "label": came.label,
        "categories": [{"key": one.key, "title": one.title} for one in came.categories],
        "note": came.note,
        "again": came.again,
        "expires_at": revision.held_until,
        "lease_s": lease_duration().total_seconds(),
        "token": lease.token,
        "urls": {name: renew.removesuffix("renew") + name for name in ADDRESSES},
    }
