"""The API of filling through depth: ask for a proposal, see it, accept or refuse its slices."""

from __future__ import annotations

import uuid

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.core.api import validated
from apps.revision.api.drawing_serializers import (
    ChangedSerializer,
    DecisionSerializer,
    ProposalSerializer,
    ProposalsSerializer,
    ProposalWantedSerializer,
    TakenBackSerializer,
)
from apps.revision.domain import Method
from apps.revision.selectors.easels import easel_of
from apps.revision.selectors.proposals import proposal_of, proposals_of, told
from apps.revision.selectors.queue import revision_lease_for
from apps.revision.services.leasing import lease_to_read
from apps.revision.services.proposals import (
    Choice,
    TakenBack,
    ask_for_proposal,
    cancel_proposal,
    decide,
    take_back,
)


class ProposalsView(APIView):
    """`GET`: the latest proposals, the newest first. `POST {"key", "method", "reach"}`: have the
    slices filled that nobody drew; ask `GET` until it is ready. Sending it again is harmless."""

    @extend_schema(responses=ProposalsSerializer)
    def get(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = lease_to_read(person(request), revision_token)
        area = easel_of(lease.revision).area
        return Response({"proposals": [told(one, area) for one in proposals_of(lease.revision)]})

    @extend_schema(request=ProposalWantedSerializer, responses=ProposalSerializer)
    def post(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = lease_to_read(person(request), revision_token)
        data = validated(ProposalWantedSerializer(data=request.data))
        easel, method = easel_of(lease.revision), Method(data["method"])
        key, reach = data["key"], data["reach"]
        proposal = ask_for_proposal(lease, easel, key, method, reach, timezone.now())
        return Response(told(proposal, easel.area))


class CancelView(APIView):
    """`POST`: give up a proposal that is not ready yet."""

    @extend_schema(request=None, responses=ProposalSerializer)
    def post(self, request: Request, revision_token: uuid.UUID, proposal_id: int) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        proposal = proposal_of(lease.revision, proposal_id)
        cancelled = cancel_proposal(lease, proposal, timezone.now())
        return Response(told(cancelled, easel_of(lease.revision).area))


class DecideView(APIView):
    """`POST {"slices": […]}`: accept slices of a proposal, which become versions, and refuse
    others. Sending it again is harmless.

    A 409 names what holds where somebody drew since: these stay undecided, the others are decided.
    """

    @extend_schema(
        request=DecisionSerializer, responses={200: ProposalSerializer, 409: ChangedSerializer}
    )
    def post(self, request: Request, revision_token: uuid.UUID, proposal_id: int) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        easel = easel_of(lease.revision)
        data = validated(DecisionSerializer(data=request.data))
        choices = [
            Choice(one["z"], one["accept"], one["base"], one["key"]) for one in data["slices"]
        ]
        proposal = proposal_of(lease.revision, proposal_id)
        decided = decide(lease, easel, proposal, choices, timezone.now())
        return Response(told(decided, easel.area))


class TakeBackView(APIView):
    """`POST {"slices": […]}`: have slices of a proposal open again that were accepted or refused.
    What was accepted goes back to the version before it. Sending it again is harmless.

    A 409 names what holds where somebody drew since: these stay accepted, the others are open.
    """

    @extend_schema(
        request=TakenBackSerializer, responses={200: ProposalSerializer, 409: ChangedSerializer}
    )
    def post(self, request: Request, revision_token: uuid.UUID, proposal_id: int) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        easel = easel_of(lease.revision)
        data = validated(TakenBackSerializer(data=request.data))
        slices = [TakenBack(one["z"], one["base"], one["key"]) for one in data["slices"]]
        proposal = proposal_of(lease.revision, proposal_id)
        opened = take_back(lease, easel, proposal, slices, timezone.now())
        return Response(told(opened, easel.area))
