"""Deliveries to CAVE, the rows that are there or are to be, and each time that they were sent."""

from apps.cave_sync.models.deliveries import Delivery
from apps.cave_sync.models.outbox import ASIDE, LIVE, OutboxRow
from apps.cave_sync.models.roots import RootChange, RootPull
from apps.cave_sync.models.runs import SyncRun

__all__ = ["ASIDE", "LIVE", "Delivery", "OutboxRow", "RootChange", "RootPull", "SyncRun"]
