"""The API of what else there is to see of an instance that somebody mends."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.datasets.domain.viewer_state import state_fragment
from apps.datasets.selectors.facts import Spot, facts_of
from apps.proofreading.answer_serializers import ViewSerializer
from apps.revision.answer_serializers import RevisedInstanceSerializer
from apps.revision.selectors.queue import revision_lease_for
from apps.revision.services.leasing import lease_to_read
from apps.revision.services.viewing import neuroglancer_state


class ViewerView(APIView):
    """`GET`: the instance as Neuroglancer shows it, and the address of the page that does."""

    @extend_schema(responses=ViewSerializer)
    def get(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = lease_to_read(person(request), revision_token)
        view = neuroglancer_state(lease.revision, request.build_absolute_uri("/"))
        problems = [{"layer": one.layer, "sentence": one.sentence} for one in view.problems]
        address = reverse("neuroglancer") + state_fragment(view.state)
        return Response({"state": view.state, "problems": problems, "address": address})


class DetailsView(APIView):
    """`GET`: what the table says of the instance: where it lies, and its neurons. Root ids are
    text."""

    @extend_schema(responses=RevisedInstanceSerializer)
    def get(self, request: Request, revision_token: uuid.UUID) -> Response:
        lease = revision_lease_for(person(request), revision_token)
        instance = lease.revision.instance
        facts = facts_of(instance, instance.table)
        return Response(
            {
                "voxel_nm": [*instance.table.resolution],
                "center": _spot(facts.center),
                "pre_pt": _spot(facts.pre_pt),
                "post_pt": _spot(facts.post_pt),
                "box": {
                    "lo": [*facts.box.lo],
                    "hi": [*facts.box.hi],
                    "lo_nm": [*facts.lo_nm],
                    "hi_nm": [*facts.hi_nm],
                },
                "pre_root_id": _text(facts.pre_root_id),
                "post_root_id": _text(facts.post_root_id),
            }
        )


def _spot(spot: Spot | None) -> dict[str, Any] | None:
    return None if spot is None else {"voxel": [*spot.voxel], "nm": [*spot.nm]}


def _text(root_id: int | None) -> str | None:
    return None if root_id is None else str(root_id)
