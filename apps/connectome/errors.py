"""Errors of the library."""

from __future__ import annotations


class SkeletonError(ValueError):
    """What was given is no skeleton, or not one that this can be done with; a sentence says why."""
