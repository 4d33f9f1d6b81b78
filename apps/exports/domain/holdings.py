"""What a SynAnno file holds, told before a campaign is made of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from apps.exports.domain.descriptions import read_error
from apps.exports.domain.reading import SynAnnoFile
from apps.exports.domain.records import NO_WALK
from apps.proofreading.domain import Label

FREE_TEXT = "free text"


def holdings_of(file: SynAnnoFile) -> dict[str, Any]:
    """The form, and counts of records, pages, labels and errors, as JSON. Missed synapses are
    counted apart; `polarity_first` is the first record that says polaritySwitch, as a sentence
    names it. Where the file's times name no zone they are here as if it were UTC."""
    judged = [record for record in file.records if not record.is_missed_synapse]
    polarity = [record for record in judged if record.names_polarity]
    labels = Counter(record.label for record in judged)
    errors: Counter[str] = Counter()
    for record in judged:
        keys, note = read_error(record.error_description, record.label)
        errors.update([*keys, *([FREE_TEXT] if note else [])])
    return {
        "form": file.form,
        "records": len(judged),
        "pages": len({record.page for record in judged}),
        "labels": {label.value: labels[label] for label in Label},
        "kinds": [{"name": name, "count": count} for name, count in errors.most_common()],
        "missed": len(file.records) - len(judged),
        "polarity": len(polarity),
        "polarity_first": polarity[0].where if polarity else "",
        "drawn": sum(record.annotated for record in judged),
        "along_neurons": sum(record.walk != NO_WALK for record in judged),
        "begun_at": file.times.started_at and file.times.started_at.isoformat(),
        "ended_at": file.times.finished_at and file.times.finished_at.isoformat(),
        "names_zone": file.names_zone,
    }
