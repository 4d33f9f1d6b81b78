"""Downloads of results."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.exports.http import synanno_file


@require_safe
@login_required
def synanno_json(request: PersonRequest, campaign_id: int) -> StreamingHttpResponse:
    """The campaign as SynAnno's JSON; for its managers."""
    return synanno_file(campaign_for(request.user, campaign_id, Action.EXPORT), request.GET)
