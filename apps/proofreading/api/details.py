"""The API of what is known of the instances of a page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.campaigns.selectors import lease_for
from apps.datasets.selectors.facts import Spot
from apps.proofreading.detail_serializers import DetailsSerializer
from apps.proofreading.selectors.details import ItemDetails, details_of_lease


class DetailsView(APIView):
    """`GET`: what the table says of each instance of a page of one's own: where it lies, its
    neurons, and what else is kept of its row. Root ids, and whole numbers of 64 bits in columns,
    are text."""

    @extend_schema(responses=DetailsSerializer)
    def get(self, request: Request, token: str) -> Response:
        lease = lease_for(person(request), token)
        table = lease.page.campaign.table
        return Response(
            {
                "voxel_nm": [*table.resolution],
                "items": [_described(one) for one in details_of_lease(lease)],
            }
        )


def _described(details: ItemDetails) -> dict[str, Any]:
    facts = details.facts
    columns = details.columns
    return {
        "item": details.item.pk,
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
        "columns": None if columns is None else [asdict(one) for one in columns],
    }


def _spot(spot: Spot | None) -> dict[str, Any] | None:
    return None if spot is None else {"voxel": [*spot.voxel], "nm": [*spot.nm]}


def _text(root_id: int | None) -> str | None:
    return None if root_id is None else str(root_id)
