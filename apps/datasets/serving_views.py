"""The Neuroglancer page, and files of volumes that are no dataset's yet."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.datasets.http import file_response, for_persons
from apps.datasets.services.serving import file_of_preview

# Scripts are our own files alone. Volumes are read from wherever a state says, and WebAssembly
# decodes them; styles are set by scripts.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self' https: http:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)


@require_safe
@never_cache
@login_required
def neuroglancer(request: PersonRequest) -> HttpResponse:
    """Neuroglancer. What it shows stands behind the `#!` of the address, which no server sees."""
    response = render(request, "datasets/neuroglancer.html")
    response.headers["Content-Security-Policy"] = _POLICY
    # CAVE asks for its login in a window of its own, which must find back to this one.
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response


@require_safe
@for_persons
def preview_file(request: PersonRequest, signed: str, name: str) -> HttpResponseBase:
    """A file of a local volume that its person is about to make a dataset of."""
    return file_response(request, file_of_preview(request.user, signed, name))
