"""Exports in Neuroglancer: the state that shows them, and the files that it reads."""

from __future__ import annotations

import json
import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.campaigns.permissions import Action
from apps.campaigns.selectors import campaign_for
from apps.datasets.domain.viewer_state import state_fragment
from apps.datasets.http import file_response, for_persons
from apps.exports.domain.manifest import name_when_saved
from apps.exports.models import Export
from apps.exports.selectors import export_of
from apps.exports.services.layers import file_of_layer, view_of_export


@require_safe
@for_persons
def layer_file(
    request: PersonRequest, campaign_id: int, export_key: uuid.UUID, form: str, name: str
) -> HttpResponseBase:
    """A file of a layer, or the part of it that `Range` names."""
    export = _export(request, campaign_id, export_key)
    return file_response(request, file_of_layer(export, form, name))


@require_safe
@never_cache
@login_required
def export_state(
    request: PersonRequest, campaign_id: int, export_key: uuid.UUID
) -> HttpResponseBase:
    """The state as a file, for whoever may read the export here."""
    export = _export(request, campaign_id, export_key)
    view = view_of_export(export, request.build_absolute_uri("/"))
    response = HttpResponse(json.dumps(view.state, indent=2), content_type="application/json")
    name = name_when_saved(export.campaign_id, export.pk, "state.json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@never_cache
@login_required
def shown_export(
    request: PersonRequest, campaign_id: int, export_key: uuid.UUID
) -> HttpResponseBase:
    """Neuroglancer with the export's layers."""
    view = view_of_export(
        _export(request, campaign_id, export_key), request.build_absolute_uri("/")
    )
    return HttpResponseRedirect(reverse("neuroglancer") + state_fragment(view.state))


def _export(request: PersonRequest, campaign_id: int, export_key: uuid.UUID) -> Export:
    """The export, for those who may export."""
    return export_of(campaign_for(request.user, campaign_id, Action.EXPORT), export_key)
