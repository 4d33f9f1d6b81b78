"""Write a format as the loop of an export does, part by part."""

from __future__ import annotations

import uuid
from pathlib import Path

from apps.campaigns.models import Campaign
from apps.exports.domain.formats import ExportOptions, Format
from apps.exports.services.choosing import is_wanted
from apps.exports.services.writers.base import Wanted
from apps.exports.services.writers.by_format import writer_for
from apps.revision.selectors.outcome_reading import After, outcomes_after

KEY = uuid.UUID(int=7)
USUAL = ExportOptions()


def write(
    campaign: Campaign,
    form: Format,
    folder: Path,
    *,
    a_part: int = 4,
    options: ExportOptions = USUAL,
) -> Path:
    """What the format's writer makes of all outcomes, in `folder`, with a writer of its own for
    each step: nothing is kept between them."""
    campaign = Campaign.objects.select_related("table__dataset").get(pk=campaign.pk)
    wanted = Wanted(campaign, options, KEY)
    folder.mkdir(parents=True)
    parts: list[Path] = []
    place: After | None = After()
    while place is not None:
        some, place = outcomes_after(campaign, place, a_part)
        parts.append(folder / f"{len(parts):05}.part")
        writer_for(form, wanted).write_part(
            [one for one in some if is_wanted(one, options)], parts[-1]
        )
    pieces: list[Path] = []
    for name in writer_for(form, wanted).pieces:
        pieces.append(folder / f"piece-{len(pieces)}")
        writer_for(form, wanted).write_piece(name, parts, pieces[-1])
    target = folder / "target"
    writer_for(form, wanted).join(parts, target, pieces)
    return target
