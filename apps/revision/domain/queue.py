"""Why somebody is handed no revision."""

from __future__ import annotations

from enum import StrEnum


class WhyNone(StrEnum):
    """The words of the API."""

    NONE_LEFT = "none_left"
    ALL_HELD = "all_held"  # by others
    PAUSED = "paused"
    NOT_YET = "not_yet"  # nothing has come here so far, or this person is not let in yet
    TAKEN = "taken"  # the one that was asked for is somebody's, finished, or not wanted


SENTENCES = {
    WhyNone.NONE_LEFT: "Everything that was to be mended is mended.",
    WhyNone.ALL_HELD: "Others are mending all that is left; what they put back comes to you.",
    WhyNone.PAUSED: "Revision rests: a manager has paused it.",
    WhyNone.NOT_YET: "Nothing is to be mended yet: what is settled as incorrect or unsure comes "
    "here.",
    WhyNone.TAKEN: "This instance cannot be handed to you now.",
}
