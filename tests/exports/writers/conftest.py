"""A campaign of the phantom, two of whose instances are to be mended."""

from tests.revision.conftest import mended

__all__ = ["mended"]
