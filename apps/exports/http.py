"""Result files as answers."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from apps.campaigns.models import Campaign
from apps.exports.services.writing import synanno_pieces


def synanno_file(campaign: Campaign) -> StreamingHttpResponse:
    """The campaign as SynAnno's JSON, sent as it is made."""
    response = StreamingHttpResponse(synanno_pieces(campaign), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.json"'
    response["Cache-Control"] = "private, no-store"
    return response
