"""What goes wrong with skeletons."""

from __future__ import annotations

from apps.core.errors import InvalidInputError


class SkeletonUnreadableError(InvalidInputError):
    """A source of skeletons, or one of its skeletons, cannot be read or is not there."""

    code = "skeleton_unreadable"


class SkeletonsSilentError(SkeletonUnreadableError):
    """Nothing can be read there now; of whether there is a skeleton it says nothing."""

    code = "skeletons_silent"


def unreadable(sentence: str) -> SkeletonUnreadableError:
    return SkeletonUnreadableError(f"skeletons: {sentence}", field="skeletons")


def silent(sentence: str) -> SkeletonsSilentError:
    return SkeletonsSilentError(f"skeletons: {sentence}", field="skeletons")
