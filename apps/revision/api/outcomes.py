"""The API of what has become of every instance of a campaign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.http import person
from apps.accounts.models import User
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.core.api import validated
from apps.core.errors import InvalidInputError
from apps.revision.answer_serializers import OutcomesSerializer
from apps.revision.selectors import Judged, Outcome, PointOutcome
from apps.revision.selectors.outcome_reading import After, outcomes_after
from apps.revision.serializers import OutcomesFilter

A_PART = 200
_AFTER = re.compile(r"(item|added)-(0|[1-9]\d{0,17})")


class OutcomesView(APIView):
    """`GET ?after=item-199`: the instances of a campaign in their order, then those that were
    added, a part at a time: what each is when all is said, what its verdicts come to, and what was
    mended. `next` is where the following part begins."""

    @extend_schema(parameters=[OutcomesFilter], responses=OutcomesSerializer)
    def get(self, request: Request, campaign_id: int) -> Response:
        campaign = campaign_for(person(request), campaign_id, Action.SEE_RESULTS)
        after = _place(validated(OutcomesFilter(data=request.query_params)).get("after"))
        part, following = outcomes_after(campaign, after, A_PART)
        if following is not None and following.added == -1 and len(part) < A_PART:
            added, following = outcomes_after(campaign, following, A_PART - len(part))
            part += added
        names = _names(part)
        return Response(
            {
                "version": campaign.version,
                "outcomes": [described(one, names) for one in part],
                "next": None if following is None else _text(following),
            }
        )


def _place(text: str | None) -> After:
    if text is None:
        return After()
    found = _AFTER.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"after: {text[:40]!r} is no `next` of this list.", field="after")
    kind, number = found.groups()
    return After(position=int(number)) if kind == "item" else After(added=int(number) - 1)


def _text(after: After) -> str:
    """The ids of what was added begin with 1: 0 is before the first."""
    return f"item-{after.position}" if after.added is None else f"added-{after.added + 1}"


def _names(part: Sequence[Outcome]) -> dict[int, str]:
    people: set[int] = set()
    for one in part:
        people.update(one.judged.people)
        people.update(point.by for point in (one.pre, one.post) if point and point.by)
        people.update(drawn.by for drawn in one.drawn)
        if one.revised is not None:
            people.add(one.revised.by)
    named = User.objects.filter(pk__in=people)
    return dict(named.values_list("pk", "username"))


def described(outcome: Outcome, names: Mapping[int, str]) -> dict[str, Any]:
    """An outcome as JSON, people by their names."""
    revised = outcome.revised
    return {
        "item": None if outcome.item is None else outcome.item.pk,
        "number": None if outcome.item is None else outcome.item.position + 1,
        "added": outcome.added,
        "revision": outcome.revision,
        "source_id": str(outcome.instance.source_id),
        "center": [*outcome.instance.center],
        "state": outcome.final.state,
        "label": outcome.final.label,
        "categories": [*outcome.final.categories],
        "judged": _judged(outcome.judged, names),
        "revised": None
        if revised is None
        else {
            "decision": revised.decision,
            "note": revised.note,
            "person": names[revised.by],
            "at": revised.at,
        },
        "pre_pt": _point(outcome.pre, names),
        "post_pt": _point(outcome.post, names),
        "drawn": [
            {
                "z": one.z,
                "number": one.number,
                "voxels": one.voxels,
                "person": names[one.by],
                "at": one.at,
            }
            for one in outcome.drawn
        ],
    }


def _judged(judged: Judged, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "label": judged.label,
        "categories": [*judged.categories],
        "note": judged.note,
        "people": [names[one] for one in judged.people],
        "at": judged.at,
        "p_correct": judged.p_correct,
        "votes": judged.votes,
        "by_expert": judged.by_expert,
    }


def _point(point: PointOutcome | None, names: Mapping[int, str]) -> dict[str, Any] | None:
    if point is None:
        return None
    return {
        "voxel": [*point.voxel],
        "nm": [*point.nm],
        "segment": None if point.segment is None else str(point.segment),
        "origin": point.origin,
        "person": None if point.by is None else names[point.by],
        "at": point.at,
    }
