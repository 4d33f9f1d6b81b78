"""What goes wrong with skeletons."""

from __future__ import annotations

from apps.core.errors import InvalidInputError


class SkeletonUnreadableError(InvalidInputError):
    """A source of skeletons, or one of its skeletons, cannot be read or is not there."""

    code = "skeleton_unreadable"


def unreadable(sentence: str) -> SkeletonUnreadableError:
    return SkeletonUnreadableError(f"skeletons: {sentence}", field="skeletons")
