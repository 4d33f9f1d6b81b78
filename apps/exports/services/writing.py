"""The results of a campaign as SynAnno's JSON at once, piece by piece, so that a large one needs
little memory."""

from __future__ import annotations

from collections.abc import Iterator

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import Discarded, ExportOptions
from apps.exports.services.choosing import is_wanted
from apps.exports.services.writers.synanno import Records, document
from apps.revision.selectors import outcomes

_LINES_A_PIECE = 8_000


def synanno_pieces(campaign: Campaign, *, leave_out_discarded: bool = False) -> Iterator[str]:
    """The campaign as SynAnno's JSON, in pieces to be joined: the file that an export in this
    format makes, without waiting.

    An instance that nobody has judged yet has SynAnno's starting label, correct. False positives
    that were discarded are in it like others, or are left out.
    """
    options = ExportOptions(Discarded.LEAVE_OUT if leave_out_discarded else Discarded.KEEP)
    wanted = (one for one in outcomes(campaign) if is_wanted(one, options))
    piece: list[str] = []
    for line in document(campaign, _lines(Records(campaign).texts_of(wanted))):
        piece.append(line)
        if len(piece) >= _LINES_A_PIECE:
            yield "".join(piece)
            piece = []
    yield "".join(piece)


def _lines(texts: Iterator[str]) -> Iterator[str]:
    """As a file would give them; what stands at the end of one text goes on in the next."""
    rest = ""
    for text in texts:
        *lines, rest = (rest + text).splitlines(keepends=True)
        yield from lines
    if rest:
        yield rest
