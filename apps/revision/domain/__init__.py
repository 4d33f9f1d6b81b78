"""Values of revision: what becomes of an instance that somebody mends."""

from __future__ import annotations

from enum import StrEnum


class Decision(StrEnum):
    """What somebody says of an instance when they have finished with it."""

    MENDED = "mended"  # it is a synapse, and its mask and points are right now
    FINE = "fine"  # it was right as it came
    NO_SYNAPSE = "no_synapse"
    UNMENDABLE = "unmendable"  # the data do not let anybody say or draw it


class Side(StrEnum):
    """Of which neuron a point is."""

    PRE = "pre"
    POST = "post"


class Method(StrEnum):
    """How slices are filled from those that somebody drew."""

    CLASSICAL = "classical"
    UNET = "unet"
