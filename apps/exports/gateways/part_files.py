"""Parts that become one file or folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """A text file in UTF-8, line ends as they are."""
    path.write_text(text, encoding="utf-8", newline="")


def join_texts(target: Path, parts: Sequence[Path], *, head: str = "", tail: str = "") -> None:
    """One file of all parts, between `head` and `tail`; a piece of a part is held at a time."""
    with target.open("wb") as file:
        file.write(head.encode())
        for part in parts:
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, file)
        file.write(tail.encode())


def write_lines(target: Path, lines: Iterable[str]) -> None:
    """A text file of lines that bring their ends along."""
    with target.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)


def copy_folder(source: Path, target: Path) -> None:
    """Have all of a folder in another, too; its files take no more room where the disk gives one
    two names."""
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(exist_ok=True)
            continue
        try:
            os.link(path, copy)
        except OSError:  # as on shares of Windows
            shutil.copyfile(path, copy)


def lines_of(parts: Sequence[Path]) -> Iterable[str]:
    """The lines of all parts with their ends, one held at a time."""
    for part in parts:
        with part.open(encoding="utf-8", newline="") as file:
            yield from file
