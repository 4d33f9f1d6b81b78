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
    discarded_item_ids,
    label_counts,
    settled_items,
    settled_items_among,
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
    "discarded_item_ids",
    "item_ids_of_lease",
    "items_of_lease",
    "label_counts",
    "labels_of_lease",
    "said_under",
    "settled_items",
    "settled_items_among",
    "to_revise",
    "unjudged_count",
]
