"""Real data for tests, where they are: a folder `shared/data` beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from synanno_server.env import REPOSITORY

REAL_DATA = REPOSITORY.parent / "shared" / "data"


def needs_real_data(folder: str) -> pytest.MarkDecorator:
    """Run a test only where this folder of the real data is present."""
    path = Path("shared", "data", folder)
    return pytest.mark.skipif(
        not (REAL_DATA / folder).is_dir(), reason=f"{path} is not beside the repository"
    )
