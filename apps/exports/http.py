"""Result files as answers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseNotModified, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.core.errors import InvalidInputError
from apps.datasets.http import file_response
from apps.exports.domain.formats import Discarded
from apps.exports.domain.manifest import name_when_saved
from apps.exports.models import Export
from apps.exports.services.downloading import note_download, open_file
from apps.exports.services.writing import synanno_pieces

_FIRST = re.compile(r"bytes (\d+)-")


def synanno_file(campaign: Campaign, query: QueryDict) -> StreamingHttpResponse:
    """The campaign as SynAnno's JSON, sent as it is made. `discarded` of the query says what
    becomes of discarded false positives: they are kept, or left out.

    Raises InvalidInputError for another word.
    """
    discarded = query.get("discarded", Discarded.KEEP.value)
    if discarded not in list(Discarded):
        raise InvalidInputError(
            f"discarded: {discarded[:40]!r} is neither {Discarded.KEEP.value!r} nor "
            f"{Discarded.LEAVE_OUT.value!r}.",
            field="discarded",
        )
    pieces = synanno_pieces(campaign, leave_out_discarded=discarded == Discarded.LEAVE_OUT)
    response = StreamingHttpResponse(pieces, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


def export_file(
    request: HttpRequest | Request, export: Export, name: str, person: User
) -> HttpResponseBase:
    """A file of an export, or the part of it that is asked for; it is kept record of."""
    file = open_file(export, name)
    plain = request._request if isinstance(request, Request) else request
    response = file_response(plain, file)
    if plain.method == "GET" and response.status_code in {200, 206}:
        part = _FIRST.match(response.headers.get("Content-Range", ""))
        note_download(export, name, person, int(part[1]) if part else 0)
    shown = name_when_saved(export.campaign_id, export.pk, name)
    response.headers["Content-Disposition"] = f'attachment; filename="{shown}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def news(request: Request, body: Mapping[str, Any]) -> HttpResponseBase:
    """An answer that is empty where its reader has it already."""
    etag = f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers=headers)
    return Response(body, headers=headers)
