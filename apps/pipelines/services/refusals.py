"""What people are told of a checkpoint that cannot be used."""

from __future__ import annotations

from pathlib import Path

from apps.pipelines.domain.errors import NetworkError
from apps.pipelines.gateways.checkpoint_files import look_at_file


def refusal(path: Path, error: NetworkError) -> str:
    """As a sentence, without the folder, which only whoever runs the server needs to know."""
    return (
        f"The network's checkpoint “{path.name}” (SYNANNO_DEPTH_UNET) cannot be used: "
        f"{error.reason}"
    )


def file_problem(configured: str) -> str | None:
    """What is wrong with the file of a checkpoint as the setting names it, seen from outside: where
    a server starts, nothing is loaded for it."""
    if not configured:
        return None
    path = Path(configured)
    try:
        look_at_file(path)
    except NetworkError as error:
        return refusal(path, error)
    return None
