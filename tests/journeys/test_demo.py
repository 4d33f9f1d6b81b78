"""The demonstration is made once, whatever happens while it is made."""

from __future__ import annotations

import io
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Item, Membership
from apps.campaigns.services.rendering import prepare_campaign
from apps.datasets.gateways.volumes import read_box
from apps.datasets.models import Dataset, Instance, Volume
from apps.datasets.selectors import volumes_of
from apps.proofreading.models import Verdict
from apps.proofreading.services import demo
from apps.voxels.geometry import Box, Point
from apps.voxels.phantom import PhantomSpec
from synanno_server.env import read_environment
from tests.support.counts import counts

pytestmark = pytest.mark.django_db

STORED = (Dataset, Instance, Campaign, Membership, User)
SPEC = PhantomSpec(shape_zyx=(16, 256, 256), synapses=8)


@pytest.fixture
def home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own, and a volume that is quick to make."""
    monkeypatch.setattr(demo, "SIZES", {"full": SPEC})
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, home=tmp_path)
    return tmp_path


def run_command(*arguments: str) -> dict[str, Any]:
    """The last line that `make_demo --json` prints."""
    output = io.StringIO()
    call_command("make_demo", "--json", *arguments, stdout=output)
    document: dict[str, Any] = json.loads(output.getvalue().splitlines()[-1])
    return document


def test_everything_is_there_and_the_people_can_log_in(home: Path, client: Any) -> None:
    printed = run_command()

    assert printed["campaign"] == "Demo: find the wrong synapses"
    assert {login["username"]: login["role"] for login in printed["logins"]} == {
        "manager": "manager",
        "anna": "annotator",
        "ben": "annotator",
    }
    for login in printed["logins"]:
        assert client.login(username=login["username"], password=login["password"])
    assert stat.S_IMODE((home / "demo-logins.json").stat().st_mode) == 0o600
    assert json.loads((home / "demo-logins.json").read_text())["logins"] == printed["logins"]
    assert User.objects.get(username="manager").is_staff
    assert not User.objects.get(username="anna").is_staff
    truth = json.loads((home / "demo" / "truth.json").read_text())
    assert len(truth["rows"]) == Instance.objects.count()
    info = json.loads((home / "demo" / "image" / "info").read_text())
    assert [scale["resolution"] for scale in info["scales"]] == [
        [8, 8, 32],
        [16, 16, 32],
        [32, 32, 32],
    ]


def test_ben_has_judged_a_page_once(home: Path, redis_client: redis.Redis, client: Any) -> None:
    """What he called incorrect and unsure is there to be mended at once."""
    for _ in range(2):
        printed = run_command("--judged")
    logins = {login["username"]: login["password"] for login in printed["logins"]}
    labels = [*Verdict.objects.values_list("user__username", "label")]
    assert {username for username, _ in labels} == {"ben"}
    assert len(labels) == Item.objects.count() == SPEC.synapses
    wrong = {row["row"] for row in _truth(home) if row["kind"] != "correct"}
    named = Verdict.objects.filter(label="incorrect").values_list("item__instance__source_id")
    assert {source_id for (source_id,) in named} == wrong
    assert Verdict.objects.filter(label="unsure").count() == 1
    assert client.login(username="anna", password=logins["anna"])
    page = client.get("/").content.decode()
    assert f'href="/campaigns/{Campaign.objects.get().pk}/revise"' in page, "no worker has run"


def _truth(home: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((home / "demo" / "truth.json").read_text())["rows"]
    return rows


def test_folders_for_volumes_do_not_keep_the_demonstration_out(home: Path, settings: Any) -> None:
    """Whoever says where volumes lie has not said that there is no demonstration."""
    (home / "data").mkdir()
    named = {"SYNANNO_HOME": str(home), "SYNANNO_VOLUME_ROOTS": str(home / "data")}
    roots = read_environment(named).volume_roots
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, volume_roots=roots)
    run_command()
    image = volumes_of(Dataset.objects.get().pk)[Volume.Kind.IMAGE]
    assert read_box(image, Box(Point(0, 0, 0), Point(8, 8, 8)), cache_mb=1, timeout_s=20).any()


def test_making_it_again_changes_nothing(home: Path, redis_client: redis.Redis) -> None:
    first = run_command()
    before = counts(STORED)
    prepare_campaign(Campaign.objects.get().pk)

    assert run_command() == first
    assert counts(STORED) == before
    assert Campaign.objects.get().status == Campaign.Status.OPEN
    assert Item.objects.count() == Instance.objects.count()


@pytest.mark.parametrize(
    ("module", "step"),
    [
        ("apps.datasets.services.phantoms", "make_phantom"),
        ("apps.datasets.services.phantoms", "_write_table"),
        ("apps.proofreading.services.demo", "_create"),
        ("apps.proofreading.services.demo", "create_dataset"),
        ("apps.proofreading.services.demo", "open_campaign"),
        ("apps.proofreading.services.demo", "_publish_logins"),
    ],
)
def test_a_run_that_is_killed_is_completed_by_the_next(
    home: Path, monkeypatch: pytest.MonkeyPatch, module: str, step: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(f"{module}.{step}", die)
        with pytest.raises(KeyboardInterrupt):
            run_command()
    printed = run_command()

    assert counts((Dataset, Campaign, Membership, User)) == [1, 1, 3, 3]
    for login in printed["logins"]:
        assert User.objects.get(username=login["username"]).check_password(login["password"])


def test_lost_logins_are_made_anew_and_changed_passwords_stay(home: Path) -> None:
    run_command()
    anna = User.objects.get(username="anna")
    anna.set_password("my-own-password")
    anna.save()
    run_command()
    anna.refresh_from_db()
    assert anna.check_password("my-own-password")

    (home / "demo-logins.json").unlink()
    printed = run_command()
    anna.refresh_from_db()
    assert anna.check_password(printed["logins"][1]["password"])


def test_a_person_who_is_not_of_the_demonstration_keeps_their_name(home: Path) -> None:
    User.objects.create_user("anna", password="somebody-else")

    with pytest.raises(CommandError, match="'anna' already who is not of the demonstration"):
        run_command()
    assert counts(STORED) == [0, 0, 0, 0, 1]
    assert not (home / "demo-logins.json").exists()


def test_a_home_folder_that_was_moved_is_found(
    home: Path, settings: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run_command()
    moved = tmp_path_factory.mktemp("moved") / "home"
    home.rename(moved)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, home=moved)
    run_command()

    image = volumes_of(Dataset.objects.get().pk)["image"]
    voxels = read_box(image, Box(Point(0, 0, 0), Point(64, 64, 8)), cache_mb=8, timeout_s=5)
    assert voxels.std() > 5
    assert counts((Dataset,)) == [1]
