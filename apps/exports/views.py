"""Downloads of results."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.exports.services.writing import synanno_pieces


@require_safe
@login_required
def synanno_json(request: PersonRequest, campaign_id: int) -> StreamingHttpResponse:
    """The campaign as SynAnno's JSON; for its managers."""
    campaign = campaign_for(request.user, campaign_id, Action.EXPORT)
    response = StreamingHttpResponse(synanno_pieces(campaign), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.json"'
    response["Cache-Control"] = "private, no-store"
    return response
