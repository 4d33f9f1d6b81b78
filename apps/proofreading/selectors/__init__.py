"""Reads of verdicts and gold."""

from apps.proofreading.selectors.leases import (
    Said,
    item_ids_of_lease,
    items_of_lease,
    labels_of_lease,
    said_under,
)
from apps.proofreading.selectors.results import (
    CampaignTimes,
    SettledItem,
    campaign_times,
    categories_of,
    discarded_count,
    label_counts,
    settled_items,
    to_revise,
    unjudged_count,
)

__all__ = [
    "CampaignTimes",
    "Said",
    "SettledItem",
    "campaign_times",
    "categories_of",
    "discarded_count",
    "item_ids_of_lease",
    "items_of_lease",
    "label_counts",
    "labels_of_lease",
    "said_under",
    "settled_items",
    "to_revise",
    "unjudged_count",
]
