"""What people are told of a checkpoint that cannot be used."""

from __future__ import annotations

from pathlib import Path

from apps.pipelines.domain.errors import NetworkError


def refusal(path: Path, error: NetworkError) -> str:
    """As a sentence, without the folder, which only whoever runs the server needs to know."""
    return (
        f"The network's checkpoint “{path.name}” (SYNANNO_DEPTH_UNET) cannot be used: "
        f"{error.reason}"
    )
