"""How long a browser may keep what it has loaded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

ADMIN_STYLE = "/static/admin/css/base.css"


@pytest.fixture(autouse=True)
def as_on_a_server(settings: Any) -> None:
    settings.WHITENOISE_AUTOREFRESH = False


def cache_control(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.headers["Cache-Control"]


def test_files_with_a_hash_in_their_name_are_kept_for_ever(client: Client) -> None:
    manifest = json.loads((settings.FRONTEND_BUILD / "manifest.json").read_text())
    files = {entry["file"] for entry in manifest.values()}
    assert len(files) >= 3
    for file in files:
        assert cache_control(client, f"/static/{file}").endswith("public, immutable"), file


def test_files_whose_name_stays_are_asked_for_again(client: Client) -> None:
    for url in (ADMIN_STYLE, "/static/manifest.json"):
        assert "immutable" not in cache_control(client, url)
