"""A server on which a network is configured, and somebody who draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.revision.conftest import anna, mended

__all__ = ["anna", "mended"]


@pytest.fixture
def configure(settings: Any) -> Callable[[Path], None]:
    """Have the server use a checkpoint."""

    def configure(path: Path) -> None:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, depth_unet=str(path))

    return configure
