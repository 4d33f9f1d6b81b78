"""Where files lie that people may name. The web process uses it, too."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

# Of SYNANNO_HOME: where the demonstration lies, and where volumes may be put without any setting;
# and what is nobody's business, even where somebody has made the whole folder a root.
_FOR_DATA = ("demo", "volumes")
_OWN = ("exports", "fetched", "logs", "postgres", "run")


def lies_under(path: str | Path, roots: Sequence[Path]) -> bool:
    """Whether a file or folder lies under one of these folders, links followed on both sides."""
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(root)) for root in roots)


def may_be_named(path: str | Path) -> bool:
    """Whether people may name this file or folder in the web, links followed: under the folders of
    SYNANNO_VOLUME_ROOTS, or where that is empty under `demo` and `volumes` in SYNANNO_HOME; never
    what the server keeps in SYNANNO_HOME for itself."""
    home = settings.ENVIRONMENT.home
    roots = settings.ENVIRONMENT.volume_roots or tuple(home / name for name in _FOR_DATA)
    return lies_under(path, roots) and not _is_own(path, home)


def named_roots() -> str:
    """Those folders, for messages."""
    if settings.ENVIRONMENT.volume_roots:
        return "the folders of SYNANNO_VOLUME_ROOTS"
    return "the folders volumes and demo in SYNANNO_HOME"


def _is_own(path: str | Path, home: Path) -> bool:
    """Whether the server keeps this for itself: files right in its home, and some folders."""
    real, home = Path(os.path.realpath(path)), Path(os.path.realpath(home))
    if not real.is_relative_to(home):
        return False
    inside = real.relative_to(home).parts
    return not inside or inside[0] in _OWN or (len(inside) == 1 and not real.is_dir())
