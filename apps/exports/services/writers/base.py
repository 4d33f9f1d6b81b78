"""What writes one format of an export.

The loop (`services/writing_exports.py`) reads outcomes once, part by part, and gives each part to
every writer; when all is read each writer joins its parts into the file that people fetch. Nothing
is kept between calls: a process that is killed is followed by another, which goes on from the
files.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import ExportOptions
from apps.revision.selectors import Outcome


def _never() -> None:
    """Nobody gives it up."""


@dataclass(frozen=True)
class Wanted:
    """What is to be written: of this campaign, which comes with its table and dataset. `key` is the
    export's; pseudonyms are made with it.

    `go_on` is called now and then in work that lasts: it raises where the export is no longer
    wanted. `names_unreadable`: a volume is waited for for a while; it is told what of it cannot be
    read. `without_unreadable`: it was waited for in vain; that is counted, and left out.
    """

    campaign: Campaign
    options: ExportOptions
    key: uuid.UUID
    go_on: Callable[[], None] = _never
    names_unreadable: bool = False
    without_unreadable: bool = False


class Writer(Protocol):
    """Writes one format. The same parts, in the same order, give the same bytes.

    What is not wanted (`ExportOptions`) is not in the parts. A part is all of the campaign's items
    or all of synapses that were added, in the order of `outcomes`; it may be empty. Paths are new
    each time, beside the place where the loop moves the file afterwards: what is there
    afterwards, a file or a folder, is the part or the file. A file that people fetch is one file.

    Raises SynAnnoError where it cannot be written, with a sentence for who asked, of which
    UnavailableError has it tried again later; an OSError is told by the loop.
    """

    @property
    def file_name(self) -> str:
        """Of the file that people fetch."""

    @property
    def growth(self) -> float:
        """How many bytes of the disk a piece takes at most for each byte of the parts; or a join,
        where there are no pieces. What is joined of pieces takes as much as they do."""

    @property
    def pieces(self) -> Sequence[str]:
        """Names of what is made of the parts before they are joined, each in a step of its own:
        of what lasts, a kill then loses one. Mostly none."""
        return ()

    def write_part(self, part: Sequence[Outcome], path: Path) -> None:
        """Write all that this format keeps of a part; nothing of it is read again from Postgres,
        unless it never changes."""

    def write_piece(self, name: str, parts: Sequence[Path], path: Path) -> None:
        """Make a piece of all parts, in bounded memory."""
        raise NotImplementedError

    def join(self, parts: Sequence[Path], target: Path, pieces: Sequence[Path] = ()) -> None:
        """Make the file of all parts and pieces, which stay as they are, in bounded memory. It may
        be called again after a kill.

        Where browsers read what is in it piece by piece, `target` becomes a folder that holds the
        file, as `file_name`, and beside it the folder `LAYER` with the pieces. Notes for the
        manifest lie in the folder as `NOTES`, an object of JSON.
        """
