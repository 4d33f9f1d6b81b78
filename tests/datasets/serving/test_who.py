"""Who is given the files of a volume."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.core.errors import InvalidInputError
from apps.datasets.models import Volume
from apps.datasets.services.serving import preview_path
from tests.support.datasets import write_info
from tests.support.paper import paper_campaign
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(team: Team, tmp_path: Path) -> Campaign:
    return paper_campaign(tmp_path, {team.anna: Membership.Role.ANNOTATOR})


def status(client: Client, address: str) -> int:
    answer: Any = client.get(address)
    return int(answer.status_code)


def test_a_volume_is_seen_by_who_takes_part(team: Team, campaign: Campaign) -> None:
    volume = campaign.table.dataset.volumes.get(kind=Volume.Kind.CLEFT)
    address = f"/volumes/{volume.pk}/info"
    assert client_of(team.anna).get(address).getvalue().startswith(b"{")
    assert status(client_of(team.ben), address) == 404
    assert status(client_of(team.manager), address) == 200  # of the staff
    assert status(Client(), address) == 401
    boss = User.objects.create(username="boss", is_superuser=True)
    assert status(client_of(boss), address) == 200
    Membership.objects.filter(user=team.anna).delete()
    assert status(client_of(team.anna), address) == 404


def test_a_chunk_costs_three_statements(
    team: Team, campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Whose session, who that is, whether they take part: a view asks for hundreds of chunks."""
    volume = campaign.table.dataset.volumes.get(kind=Volume.Kind.CLEFT)
    anna = client_of(team.anna)
    with django_assert_num_queries(3):
        assert status(anna, f"/volumes/{volume.pk}/info") == 200


def test_taking_part_in_another_campaign_opens_nothing(
    team: Team, campaign: Campaign, tmp_path: Path
) -> None:
    paper_campaign(tmp_path, {team.ben: Membership.Role.VIEWER}, name="Another")
    volumes = campaign.table.dataset.volumes.all()
    assert [status(client_of(team.ben), f"/volumes/{v.pk}/info") for v in volumes] == [404, 404]
    assert status(client_of(team.anna), f"/volumes/{volumes[0].pk}/nothing") == 404
    assert status(client_of(team.anna), "/volumes/99999/info") == 404
    assert client_of(team.anna).post(f"/volumes/{volumes[0].pk}/info").status_code == 405


def test_a_volume_that_lies_elsewhere_is_not_fetched_for_anybody(
    team: Team, campaign: Campaign
) -> None:
    volume = campaign.table.dataset.volumes.get(kind=Volume.Kind.IMAGE)
    Volume.objects.filter(pk=volume.pk).update(address="https://example.org/em")
    assert status(client_of(team.anna), f"/volumes/{volume.pk}/info") == 404


def only_under(root: Path) -> override_settings:
    return override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, volume_roots=(root,)))


def test_a_volume_that_is_not_saved_is_seen_by_who_named_it(team: Team, tmp_path: Path) -> None:
    root = tmp_path.resolve()
    address = write_info(root / "volumes" / "em")
    other = User.objects.create(username="other", is_staff=True)
    with only_under(root / "volumes"):
        path = preview_path(team.manager, address, "image")
        assert status(client_of(team.manager), f"{path}info") == 200
        assert status(client_of(team.manager), f"{path}../em/info") == 404
        assert status(client_of(other), f"{path}info") == 404
        assert status(client_of(team.anna), f"{path}info") == 404
        assert status(Client(), f"{path}info") == 401
        forged = path.replace("/preview/", "/preview/x")
        assert status(client_of(team.manager), f"{forged}info") == 404
        User.objects.filter(pk=team.manager.pk).update(is_staff=False)
        assert status(client_of(team.manager), f"{path}info") == 404
    User.objects.filter(pk=team.manager.pk).update(is_staff=True)
    with only_under(root / "elsewhere"):
        assert status(client_of(team.manager), f"{path}info") == 404
    assert status(client_of(team.manager), f"{path}info") == 404


def test_nothing_outside_the_roots_is_signed(team: Team, tmp_path: Path) -> None:
    root = tmp_path.resolve() / "volumes"
    outside = write_info(tmp_path / "outside")
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    with only_under(root):
        for address in (outside, f"file://{root}/link", f"file://{root}/../outside"):
            with pytest.raises(InvalidInputError, match="SYNANNO_VOLUME_ROOTS") as refused:
                preview_path(team.manager, address, "image")
            assert refused.value.field == "image"
    with pytest.raises(InvalidInputError, match="SYNANNO_HOME"):
        preview_path(team.manager, outside, "image")


def test_a_folder_that_is_no_volume_is_not_signed(team: Team, tmp_path: Path) -> None:
    """Files of a database have numbers as names, as meshes have."""
    root = tmp_path.resolve()
    for name, info in (("base", None), ("list", "[]"), ("empty", "{}"), ("odd", "<html>")):
        (root / name).mkdir()
        (root / name / "2619").write_text("secret")
        if info is not None:
            (root / name / "info").write_text(info)
        with only_under(root), pytest.raises(InvalidInputError, match=r"^image: "):
            preview_path(team.manager, f"file://{root}/{name}", "image")


def test_the_page_runs_no_scripts_but_our_own(team: Team) -> None:
    page = client_of(team.anna).get("/neuroglancer/")
    policy = dict(
        part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["frame-ancestors"] == "'self'"
    assert "http" not in page.content.decode()  # nothing from elsewhere
    assert status(Client(), "/neuroglancer/") == 302
