"""Figures of a campaign, free of any framework.

Those over votes need numpy and are imported by workers alone; `panels` and `tables` do without.
"""
