"""How long a twig is at most. Plain Python, so that the web process can tell it."""

from __future__ import annotations

TWIG_NM = 4096.0  # shorter ones are taken off
