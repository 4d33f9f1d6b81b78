"""Files of the volumes that people work on, for Neuroglancer in their browser."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.datasets.http import file_response, for_persons
from apps.datasets.services.serving import file_of_volume
from apps.proofreading.selectors.volumes import volume_for


@require_safe
@for_persons
def volume_file(request: PersonRequest, volume_id: int, name: str) -> HttpResponseBase:
    """A file of a local volume: its info, a chunk, a part of a shard."""
    volume = volume_for(request.user, volume_id)
    return file_response(request, file_of_volume(volume, name))
