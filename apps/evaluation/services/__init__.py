"""Making reports. `reporting` and `reading` need numpy and are for workers; `asking` does not."""
