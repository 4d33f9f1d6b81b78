"""What SynAnno's `polaritySwitch` means depends on when a file was made: somebody has to say."""

from __future__ import annotations

from apps.core.errors import InvalidInputError

SWAPPED, ARTIFACT = "swapped", "artifact"
IS_ARTIFACT = {SWAPPED: False, ARTIFACT: True}


class PolarityUnsaidError(InvalidInputError):
    """A file says polaritySwitch in `count` records, and nobody has said what that meant."""

    code = "polarity_unsaid"

    def __init__(self, name: str, count: int, first: str) -> None:
        records = "1 record says" if count == 1 else f"{count:,} records say"
        super().__init__(
            f"polarity_switch: in {name} {records} polaritySwitch, the first is {first}. SynAnno "
            "means an imaging artifact by it since April 2025, and meant swapped pre and post "
            f"before. Say which it was: {ARTIFACT} or {SWAPPED}.",
            field="polarity_switch",
        )
