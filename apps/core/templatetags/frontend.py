"""What pages tell the front end: `{% frontend "apps/…/entry.ts" %}` loads a built entry of it,
`{% csrf_meta %}` is what its requests need."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.middleware.csrf import get_token
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

Manifest = Mapping[str, Mapping[str, Any]]

_STYLE = '<link rel="stylesheet" href="{}">'
_PRELOAD = '<link rel="modulepreload" href="{}">'
_SCRIPT = '<script type="module" src="{}"></script>'


class FrontendNotBuiltError(RuntimeError):
    """The front end has no such entry, or it has not been built."""


@register.simple_tag(takes_context=True)
def csrf_meta(context: Context) -> SafeString:
    """The token for requests of scripts, and the name of the cookie that holds a newer one after
    a login in another tab."""
    return format_html(
        '<meta name="csrf-token" content="{}" data-cookie="{}">',
        get_token(context["request"]),
        settings.CSRF_COOKIE_NAME,
    )


@register.simple_tag
def frontend(entry: str) -> SafeString:
    """Stylesheets and the module script of `entry`, with their hashed names.

    Raises FrontendNotBuiltError naming what is missing.
    """
    manifest = _manifest()
    if entry not in manifest:
        raise FrontendNotBuiltError(
            f"The front end has no entry {entry!r}. Add it to vite.config.ts, then build again."
        )
    chunks = list(dict.fromkeys(_with_imports(manifest, entry)))
    *imported, own = (manifest[chunk]["file"] for chunk in chunks)
    styles = [style for chunk in chunks for style in manifest[chunk].get("css", ())]
    scripts = []
    if own.endswith(".css"):
        styles.append(own)
    else:
        scripts.append(own)
    tags = [(_STYLE, styles), (_PRELOAD, imported), (_SCRIPT, scripts)]
    lines = [(format_html(tag, static(file)),) for tag, files in tags for file in files]
    return format_html_join("\n", "{}", lines)


def _with_imports(manifest: Manifest, entry: str) -> Iterator[str]:
    """Names of the chunks that an entry imports, deepest first, then of the entry itself."""
    for imported in manifest[entry].get("imports", ()):
        yield from _with_imports(manifest, imported)
    yield entry


def _manifest() -> Manifest:
    path = Path(settings.FRONTEND_BUILD) / "manifest.json"
    try:
        changed_ns = path.stat().st_mtime_ns
    except FileNotFoundError as error:
        raise FrontendNotBuiltError(
            f"The front end is not built: {path} is missing. Run `npm run build`."
        ) from error
    return _read_manifest(path, changed_ns)


@lru_cache(maxsize=2)
def _read_manifest(path: Path, _changed_ns: int) -> Manifest:
    """The parsed manifest; a new build has a new time and is therefore read again."""
    manifest: Manifest = json.loads(path.read_text())
    return manifest
