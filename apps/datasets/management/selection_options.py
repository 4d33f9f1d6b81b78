"""Options that say which instances of a table are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.core.errors import InvalidInputError
from apps.datasets.domain.selection import Selection, read_selection

_LARGEST_FILE = 4 * 1024**2  # 100,000 ids of twenty digits take half of it
_OPEN = "-"  # a span without an end on that side


def add_selection_options(parser: CommandParser) -> None:
    """What `selection_from` reads."""
    group = parser.add_argument_group(
        "selection", "all that is given must hold; IDs may be @FILE, ids between blanks or commas"
    )
    group.add_argument(
        "--box",
        nargs=6,
        metavar=("X1", "Y1", "Z1", "X2", "Y2", "Z2"),
        help="where the centre lies; the end is no longer inside",
    )
    group.add_argument(
        "--box-unit",
        choices=("voxels", "nm"),
        default="voxels",
        help="default: voxels of the table",
    )
    for name, words in (
        ("pre", "from these neurons"),
        ("post", "onto these neurons"),
        ("either", "from or onto these neurons"),
        ("between-pre", "from these neurons onto those of --between-post"),
        ("between-post", "onto these neurons from those of --between-pre"),
    ):
        group.add_argument(f"--{name}", nargs="+", metavar="ID", help=words)
    group.add_argument("--both-directions", action="store_true", help="of --between-pre and -post")
    for name in ("score", "size"):
        group.add_argument(
            f"--{name}", nargs=2, metavar=("LEAST", "MOST"), help=f"{_OPEN} leaves an end open"
        )
    group.add_argument("--sample", type=int, metavar="N", help="a random sample of so many")
    group.add_argument("--sample-seed", type=int, default=0, help="default: 0")


def selection_from(options: Mapping[str, Any]) -> Selection:
    """The selection of a command's options. Raises InvalidInputError naming the option's part."""
    given: dict[str, Any] = {}
    if options["box"] is not None:
        at = [number_of(text, "box") for text in options["box"]]
        given["box"] = {"lo": at[:3], "hi": at[3:], "unit": options["box_unit"]}
    for name in ("pre", "post", "either"):
        if options[name] is not None:
            given[f"{name}_ids"] = ids_of(options[name], name)
    sides = {side: options[f"between_{side}"] for side in ("pre", "post")}
    if any(ids is not None for ids in sides.values()):
        given["between"] = {
            side: ids_of(ids or [], f"between-{side}") for side, ids in sides.items()
        } | {"both_directions": options["both_directions"]}
    for name in ("score", "size"):
        if options[name] is not None:
            ends = [None if text == _OPEN else number_of(text, name) for text in options[name]]
            given[name] = dict(zip(("least", "most"), ends, strict=True))
    if options["sample"] is not None:
        given["sample"] = {"count": options["sample"], "seed": options["sample_seed"]}
    return read_selection(given)


def number_of(text: str, option: str) -> float:
    """A number as somebody typed it. Raises InvalidInputError naming the option."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInputError(f"{option}: {text!r} is no number.", field=option) from error


def ids_of(texts: Sequence[str], option: str) -> list[str]:
    """The ids as they are written, those of files, too."""
    words: list[str] = []
    for text in texts:
        content = _content(Path(text[1:]), option) if text.startswith("@") else text
        words += content.replace(",", " ").split()
    return words


def _content(path: Path, option: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise InvalidInputError(
            f"{option}: {path} cannot be read: {error.strerror}.", field=option
        ) from error
    if len(content) > _LARGEST_FILE:
        raise InvalidInputError(f"{option}: {path} is larger than 4 MB.", field=option)
    return content.decode("utf-8-sig", errors="replace")
