"""`{% frontend "apps/…/frontend/entry.ts" %}`: the tags that load a built entry of the front end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

Manifest = Mapping[str, Mapping[str, Any]]


class FrontendNotBuiltError(RuntimeError):
    """The front end has no such entry, or it has not been built."""


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
    chunks = list(_with_imports(manifest, entry))
    styles = [style for chunk in chunks for style in chunk.get("css", ())]
    scripts = [chunk["file"] for chunk in chunks]
    return format_html(
        "{}{}{}",
        _tags('<link rel="stylesheet" href="{}">', [*styles, *_only(scripts, ".css")]),
        _tags('<link rel="modulepreload" href="{}">', _only(scripts[:-1], ".js")),
        _tags('<script type="module" src="{}"></script>', _only(scripts[-1:], ".js")),
    )


def _tags(tag: str, files: list[str]) -> SafeString:
    return format_html_join("\n", tag, ((static(file),) for file in dict.fromkeys(files)))


def _only(files: list[str], suffix: str) -> list[str]:
    return [file for file in files if file.endswith(suffix)]


def _with_imports(manifest: Manifest, entry: str) -> Iterator[Mapping[str, Any]]:
    """The chunks that an entry imports, deepest first, then the entry itself."""
    for imported in manifest[entry].get("imports", ()):
        yield from _with_imports(manifest, imported)
    yield manifest[entry]


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
