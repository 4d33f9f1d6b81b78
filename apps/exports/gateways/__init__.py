"""Files of results: as people give and fetch them, and how each format is encoded."""

from apps.exports.gateways.text_files import read_text, rows_as_file, write_pieces

__all__ = ["read_text", "rows_as_file", "write_pieces"]
