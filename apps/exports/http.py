"""Result files as answers."""

from __future__ import annotations

from django.http import QueryDict, StreamingHttpResponse

from apps.campaigns.models import Campaign
from apps.core.errors import InvalidInputError
from apps.exports.services.writing import synanno_pieces

KEEP, LEAVE_OUT = "keep", "leave-out"


def synanno_file(campaign: Campaign, query: QueryDict) -> StreamingHttpResponse:
    """The campaign as SynAnno's JSON, sent as it is made. `discarded` of the query says what
    becomes of discarded false positives: they are kept, or left out.

    Raises InvalidInputError for another word.
    """
    discarded = query.get("discarded", KEEP)
    if discarded not in (KEEP, LEAVE_OUT):
        raise InvalidInputError(
            f"discarded: {discarded[:40]!r} is neither {KEEP!r} nor {LEAVE_OUT!r}.",
            field="discarded",
        )
    pieces = synanno_pieces(campaign, leave_out_discarded=discarded == LEAVE_OUT)
    response = StreamingHttpResponse(pieces, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.json"'
    response["Cache-Control"] = "private, no-store"
    return response
