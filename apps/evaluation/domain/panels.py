"""The panels of the dashboard."""

from __future__ import annotations

from enum import StrEnum


class Panel(StrEnum):
    """One panel: one report, one route."""

    PROGRESS = "progress"
    PACE = "pace"
    AGREEMENT = "agreement"
    ANNOTATORS = "annotators"
    CATEGORIES = "categories"
    PLACES = "places"
    OVERTURNS = "overturns"
    LEASES = "leases"  # read as they are; all others are reports that a worker makes


REPORTED = tuple(panel for panel in Panel if panel is not Panel.LEASES)

# Whoever judges sees these, cut down to their own row.
OWN_ROWS = frozenset({Panel.PACE, Panel.ANNOTATORS, Panel.LEASES})
