"""Which writer writes which format. Workers and commands import it; the web process never does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apps.exports.domain.formats import Format
from apps.exports.services.writers.annotations import AnnotationsWriter
from apps.exports.services.writers.base import Wanted, Writer
from apps.exports.services.writers.masks import MasksWriter
from apps.exports.services.writers.parquet import ParquetWriter
from apps.exports.services.writers.segmentation import SegmentationWriter
from apps.exports.services.writers.synanno import SynAnnoWriter
from apps.exports.services.writers.table import CsvWriter

WRITERS: Mapping[Format, Callable[[Wanted], Writer]] = {
    Format.SYNANNO: SynAnnoWriter,
    Format.CSV: CsvWriter,
    Format.PARQUET: ParquetWriter,
    Format.MASKS: MasksWriter,
    Format.SEGMENTATION: SegmentationWriter,
    Format.ANNOTATIONS: AnnotationsWriter,
}


def writer_for(form: Format, wanted: Wanted) -> Writer:
    """The writer of a format."""
    return WRITERS[form](wanted)
