"""Reads of revisions."""
