"""What an annotator's browser asks of the API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.voxels.frames import Frame, decode_frames


def client_of(user: User) -> Client:
    """A browser of somebody who is logged in."""
    client = Client(headers={"Accept": "application/vnd.synanno.frames, application/json"})
    client.force_login(user)
    return client


def lease(client: Client, campaign: Campaign) -> list[Frame]:
    """The frames of the page that this person is handed: one of the page, one a tile."""
    response = client.post(f"/api/campaigns/{campaign.pk}/lease")
    assert response.status_code == 200, response.content
    return list(decode_frames(response.content))


def verdict(item: int, label: str = "incorrect", **more: Any) -> dict[str, Any]:
    """A label of an item as the browser sends it."""
    return {
        "key": str(uuid.uuid4()),
        "item": item,
        "label": label,
        "made_at": timezone.now().isoformat(),
        **more,
    }


def labels_of(page: Any, changed: Mapping[int, str] | None = None) -> dict[str, str]:
    """The label of every item of a page (its header), as a browser shows them at the end."""
    shown = {tile["item"]: tile["label"] for tile in page["tiles"]} | dict(changed or {})
    return {str(item): label for item, label in shown.items()}


def post(client: Client, url: str, body: Any) -> Any:
    return client.post(url, data=body, content_type="application/json")
