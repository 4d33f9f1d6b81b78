"""Outcomes go to tables of CAVE, exactly once, and the root ids of CAVE come back."""
