"""The admin tells times as all pages do (apps/core/times.py)."""

DATETIME_FORMAT = r"j M Y, H:i \U\T\C"
DATE_FORMAT = "j M Y"
