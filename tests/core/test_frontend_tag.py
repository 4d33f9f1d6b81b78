"""The template tag that loads built entries of the front end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import User
from apps.core.templatetags.frontend import FrontendNotBuiltError

MANIFEST = {
    "_shared.js": {"file": "assets/shared-1.js"},
    "apps/a/frontend/page.ts": {
        "file": "assets/page-2.js",
        "imports": ["_shared.js"],
        "css": ["assets/page-3.css"],
    },
    "apps/a/frontend/app.css": {"file": "assets/app-4.css"},
}


@pytest.fixture
def manifest(tmp_path: Path, settings: Settings) -> Path:
    settings.FRONTEND_BUILD = tmp_path
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST))
    return path


def load(entry: str) -> str:
    return Template('{% load frontend %}{% frontend "' + entry + '" %}').render(Context())


@pytest.mark.usefixtures("manifest")
def test_an_entry_loads_its_styles_its_imports_and_its_script() -> None:
    assert load("apps/a/frontend/page.ts").split("\n") == [
        '<link rel="stylesheet" href="/static/assets/page-3.css">',
        '<link rel="modulepreload" href="/static/assets/shared-1.js">',
        '<script type="module" src="/static/assets/page-2.js"></script>',
    ]


@pytest.mark.usefixtures("manifest")
def test_an_entry_of_styles_loads_no_script() -> None:
    assert load("apps/a/frontend/app.css") == (
        '<link rel="stylesheet" href="/static/assets/app-4.css">'
    )


@pytest.mark.usefixtures("manifest")
def test_an_unknown_entry_is_named() -> None:
    with pytest.raises(FrontendNotBuiltError, match=r"no entry 'apps/a/frontend/other\.ts'"):
        load("apps/a/frontend/other.ts")


def test_a_front_end_that_is_not_built_says_how_to_build_it(manifest: Path) -> None:
    manifest.unlink()
    with pytest.raises(FrontendNotBuiltError, match="npm run build"):
        load("apps/a/frontend/page.ts")


def test_a_new_build_is_read_without_a_restart(manifest: Path) -> None:
    assert "page-2.js" in load("apps/a/frontend/page.ts")
    manifest.write_text(manifest.read_text().replace("page-2.js", "page-9.js"))
    os.utime(manifest, ns=(1, 1))
    assert "page-9.js" in load("apps/a/frontend/page.ts")


@pytest.mark.django_db
def test_each_page_of_somebody_has_the_token_of_scripts_once(
    client: Client, settings: Settings
) -> None:
    client.force_login(User.objects.create_user("anna"))
    for page in ("/", "/password/", "/tokens/"):
        html = client.get(page).content.decode()
        assert html.count('name="csrf-token"') == 1
        assert f'data-cookie="{settings.CSRF_COOKIE_NAME}"' in html
        assert settings.CSRF_COOKIE_NAME in client.cookies
    client.logout()
    assert 'name="csrf-token"' not in client.get("/login/").content.decode()
