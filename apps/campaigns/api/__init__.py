"""The API of campaigns."""

from apps.campaigns.api.lists import MyCampaignsView
from apps.campaigns.api.pages import PagesView, ReserveView, TakeBackView
from apps.campaigns.api.people import PauseView, ResumeView, TransferView
from apps.campaigns.api.progress import ProgressView
from apps.campaigns.api.records import AuditView, PictureView, VersionsView
from apps.campaigns.api.webhooks import WebhooksView, WebhookView

__all__ = [
    "AuditView",
    "MyCampaignsView",
    "PagesView",
    "PauseView",
    "PictureView",
    "ProgressView",
    "ReserveView",
    "ResumeView",
    "TakeBackView",
    "TransferView",
    "VersionsView",
    "WebhookView",
    "WebhooksView",
]
