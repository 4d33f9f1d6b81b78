"""The API of what tables missed: add it, withdraw it, and answer marks of where it may be."""

from __future__ import annotations

import uuid
from typing import Any

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
from apps.campaigns.selectors import campaign_for, may
from apps.core.api import validated
from apps.datasets.domain.viewer_state import state_fragment
from apps.proofreading.answer_serializers import ViewSerializer
from apps.revision.api.additions_serializers import (
    AddedSerializer,
    AdditionsSerializer,
    AnsweredSerializer,
    AroundSerializer,
    DismissSerializer,
    LookedAtSerializer,
    MarkedPlacesSerializer,
    NearSerializer,
    NeighboursSerializer,
    NewSynapseSerializer,
    PositionSerializer,
)
from apps.revision.models import AddedSynapse
from apps.revision.selectors.additions import (
    AROUND_NM,
    MOST_ADDED,
    MOST_AROUND,
    MarkedPlace,
    added_to,
    around,
    count_marks,
    marks_dismissed,
    marks_waiting,
    near,
    sees_all,
)
from apps.revision.selectors.queue import settings_of
from apps.revision.services.additions import (
    NewSynapse,
    add_synapse,
    told_neighbour,
    withdraw_synapse,
)
from apps.revision.services.additions_marks import dismiss_mark, reopen_mark
from apps.revision.services.additions_viewing import place_to_look_at, view_around
from apps.voxels.geometry import Point


class AdditionsView(APIView):
    """`GET`: what was added to a campaign, also what was withdrawn, the latest first. `POST`: add a
    synapse; sending it again is harmless.

    A 409 of the code `near` lists those nearby that `despite` does not name: show them to the
    person before it is sent again.
    """

    @extend_schema(responses=AdditionsSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.REVISE)
        added = added_to(campaign)
        told = _Told(campaign, user)
        return Response(
            {
                "added": [told.added(one) for one in added[:MOST_ADDED]],
                "count": added.filter(withdrawn_at__isnull=True).count(),
            }
        )

    @extend_schema(
        request=NewSynapseSerializer, responses={201: AddedSerializer, 409: NearSerializer}
    )
    def post(self, request: Request, campaign_id: int) -> Response:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.REVISE)
        data = validated(NewSynapseSerializer(data=request.data))
        new = NewSynapse(
            key=data["key"],
            position=Point(*data["position"]),
            first_z=data["z1"],
            last_z=data["z2"],
            pre=_point(data["pre"]),
            post=_point(data["post"]),
            note=data["note"].strip(),
            mark=data["mark"],
            despite=frozenset(data["despite"]),
        )
        added = add_synapse(campaign, user, new, timezone.now())
        return Response(_Told(campaign, user).added(added), status=201)


class NearView(APIView):
    """`POST {"position": [x, y, z]}`: the synapses near a voxel of the table that may be the
    same."""

    @extend_schema(request=PositionSerializer, responses=NeighboursSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.REVISE)
        position = validated(PositionSerializer(data=request.data))["position"]
        found = [told_neighbour(one) for one in near(campaign, Point(*position))]
        return Response({"near": found, "near_nm": settings_of(campaign).near_nm})


class AroundView(APIView):
    """`POST {"position": [x, y, z]}`: all synapses around a voxel of the table, to be shown."""

    @extend_schema(request=PositionSerializer, responses=AroundSerializer)
    def post(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.REVISE)
        position = validated(PositionSerializer(data=request.data))["position"]
        found = around(campaign, Point(*position))
        points = [
            {
                "id": str(one.id),
                "origin": "added" if one.is_added else "table",
                "center": [*one.center],
            }
            for one in found
        ]
        is_all = len(found) < MOST_AROUND
        return Response({"points": points, "reach_nm": AROUND_NM, "is_all": is_all})


class WithdrawAddedView(APIView):
    """`POST`: take a synapse that was added out of the results: one's own, a manager any. It is
    kept."""

    @extend_schema(request=None, responses=AddedSerializer)
    def post(self, request: Request, campaign_id: int, added_id: int) -> Response:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.REVISE)
        added = withdraw_synapse(campaign, added_id, user, timezone.now())
        return Response(_Told(campaign, user).added(added))


class MarksView(APIView):
    """`GET`: the marks of pages to look for missed synapses on that nobody has answered, and those
    that were dismissed: of all people for managers and experts, else one's own."""

    @extend_schema(responses=MarkedPlacesSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.REVISE)
        told = _Told(campaign, user)
        return Response(
            {
                "waiting": [told.mark(one) for one in marks_waiting(campaign, user)],
                "dismissed": [told.mark(one) for one in marks_dismissed(campaign, user)],
                "count": count_marks(campaign, user),
            }
        )


class DismissMarkView(APIView):
    """`POST {"reason": "…"}`: no synapse was missed at this mark."""

    @extend_schema(request=DismissSerializer, responses=AnsweredSerializer)
    def post(self, request: Request, campaign_id: int, mark_key: uuid.UUID) -> Response:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.REVISE)
        reason = validated(DismissSerializer(data=request.data))["reason"].strip()
        dismiss_mark(campaign, mark_key, user, reason, timezone.now())
        return Response({"answered": True})


class ReopenMarkView(APIView):
    """`POST`: the mark was dismissed too early; it waits again."""

    @extend_schema(request=None, responses=AnsweredSerializer)
    def post(self, request: Request, campaign_id: int, mark_key: uuid.UUID) -> Response:
        user = person(request)
        campaign = campaign_for(user, campaign_id, Action.REVISE)
        reopen_mark(campaign, mark_key, user, timezone.now())
        return Response({"answered": False})


class AdditionsViewerView(APIView):
    """`GET ?x=1&y=2&z=3`: the campaign's volumes in Neuroglancer at a voxel of the table, and the
    address of the page that shows them."""

    @extend_schema(parameters=[LookedAtSerializer], responses=ViewSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.REVISE)
        given = validated(LookedAtSerializer(data=request.query_params))
        place = Point(given["x"], given["y"], given["z"]) if given else place_to_look_at(campaign)
        view = view_around(campaign, place, request.build_absolute_uri("/"))
        problems = [{"layer": one.layer, "sentence": one.sentence} for one in view.problems]
        address = reverse("neuroglancer") + state_fragment(view.state)
        return Response({"state": view.state, "problems": problems, "address": address})


class _Told:
    """What somebody is told of what others added and marked."""

    def __init__(self, campaign: Campaign, user: User) -> None:
        self._user = user
        self._sees_all = sees_all(user, campaign)
        self._manages = may(user, campaign, Action.MANAGE)
        self._revise = reverse("campaign-revise", args=[campaign.pk])

    def added(self, one: AddedSynapse) -> dict[str, Any]:
        instance = one.instance
        is_mine = one.added_by_id == self._user.pk
        is_told = is_mine or self._sees_all
        is_withdrawn = one.withdrawn_at is not None
        return {
            "id": one.pk,
            "source_id": str(instance.source_id),
            "position": [*instance.center],
            "z1": one.first_z,
            "z2": one.last_z,
            "pre": _list(instance.pre_pt),
            "post": _list(instance.post_pt),
            "note": one.note if is_told else None,
            "by": _name(one.added_by) if is_told else None,
            "is_mine": is_mine,
            "at": one.added_at,
            "withdrawn_at": one.withdrawn_at,
            "may_withdraw": not is_withdrawn and (is_mine or self._manages),
            "is_finished": one.revision.finished_at is not None,
            "revise_url": None if is_withdrawn else f"{self._revise}?revision={one.revision.pk}",
        }

    def mark(self, one: MarkedPlace) -> dict[str, Any]:
        """Others' marks are told only to those who see their names."""
        mark = one.mark
        return {
            "key": mark.key,
            "position": [mark.x, mark.y, mark.z],
            "note": mark.note,
            "by": _name(mark.user),
            "is_mine": mark.user_id == self._user.pk,
            "at": mark.recorded_at,
            "reason": None if one.answer is None else one.answer.reason,
        }


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _point(given: list[int] | None) -> Point | None:
    return None if given is None else Point(*given)


def _list(point: Point | None) -> list[int] | None:
    return None if point is None else [*point]
