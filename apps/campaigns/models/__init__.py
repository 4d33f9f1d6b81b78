"""Campaigns, their people and pages, and the record of what was done."""

from apps.campaigns.models.campaigns import (
    MOST_PASSES,
    PAGE_SIZES,
    Campaign,
    CampaignSelection,
    Membership,
    TeamEntry,
)
from apps.campaigns.models.neurons import CampaignNeuron, NeuronSection, WalkPart
from apps.campaigns.models.pages import Item, Lease, Page, PageItem, UnplacedPart, Visit
from apps.campaigns.models.records import (
    AuditEntry,
    CampaignVersion,
    ExamplePicture,
    Webhook,
    WebhookDelivery,
)

__all__ = [
    "MOST_PASSES",
    "PAGE_SIZES",
    "AuditEntry",
    "Campaign",
    "CampaignNeuron",
    "CampaignSelection",
    "CampaignVersion",
    "ExamplePicture",
    "Item",
    "Lease",
    "Membership",
    "NeuronSection",
    "Page",
    "PageItem",
    "TeamEntry",
    "UnplacedPart",
    "Visit",
    "WalkPart",
    "Webhook",
    "WebhookDelivery",
]
