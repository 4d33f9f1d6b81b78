"""Values of rows as CAVE takes them: plain, in the voxels of the table, and comparable."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from apps.cave_sync.domain.annotations import Point, Value

BEYOND = 2**31  # positions of CAVE are counted in int32; a negative one comes back as 2^64 − 1
_BORDER = 1e-6  # of a voxel: what division makes of a place on the border between two
_SAME = 1e-6  # of a number: one that CAVE keeps in single precision
_AXES = "xyz"


class UnfitError(ValueError):
    """Why something cannot be sent as it is, as the rest of a sentence."""


def voxel_at(nm: Sequence[float], resolution: Sequence[float], name: str) -> Point:
    """The voxel, x, y, z, that holds a place in nm; `resolution` is the size of a voxel in nm.

    A voxel reaches from its number to the next. Raises UnfitError for a place that is none, or
    that lies outside what CAVE can hold.
    """
    found = []
    for axis, at, size in zip(_AXES, nm, resolution, strict=True):
        voxel = float(at) / float(size)
        if not math.isfinite(voxel):
            raise UnfitError(f"{name} lies at {at} nm along {axis}, which is no place")
        number = math.floor(voxel + _BORDER)
        if not 0 <= number < BEYOND:
            raise UnfitError(
                f"{name} lies at voxel {number} along {axis}; CAVE takes 0 to {BEYOND - 1}"
            )
        found.append(number)
    x, y, z = found
    return x, y, z


def plain(value: Any, name: str) -> Value:
    """A number, word or truth value as JSON can say it, also where it came from numpy.

    Raises UnfitError for what is not finite, or nothing of these.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        if not math.isfinite(number):
            raise UnfitError(f"{name} is {number}, which is no number")
        return number
    raise UnfitError(f"{name} is a {type(value).__name__}, which CAVE does not take")


def digest_of(values: Mapping[str, Any]) -> str:
    """What tells two rows apart: 32 characters, the same for equal values."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def are_same(sent: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether CAVE has what was sent; what it has beside that does not count."""
    return all(name in held and _is_same(value, held[name]) for name, value in sent.items())


def _is_same(sent: Any, held: Any) -> bool:
    if isinstance(sent, list | tuple):
        return isinstance(held, list | tuple) and [*sent] == [*held]
    if isinstance(sent, float) and isinstance(held, int | float):
        return math.isclose(sent, held, rel_tol=_SAME, abs_tol=_SAME)
    return bool(sent == held)
