"""What goes wrong while a campaign along neurons is prepared."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from django.utils import timezone

from apps.accounts.models import User
from apps.campaigns.domain.neurons import NeuronChoice
from apps.campaigns.models import Campaign, Membership, Page
from apps.campaigns.services import rendering, walking
from apps.campaigns.services.life import change_status
from apps.campaigns.services.rendering import prepare_campaign
from apps.campaigns.services.walking import give_out_synapses, walk_next
from apps.connectome.skeletons import Skeleton
from apps.datasets.services.skeletons import SkeletonsAwayError
from tests.campaigns.test_sections import BOTH, layout
from tests.support.people import Team
from tests.support.walks import (
    FORKED,
    LINE,
    STRAIGHT,
    fork_rows,
    line_rows,
    make_walk,
    neuron_table,
    walk_campaign,
)

pytestmark = pytest.mark.django_db

ROLE = Membership.Role


@pytest.fixture
def roles(team: Team) -> dict[User, Membership.Role]:
    return {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}


class KilledError(Exception):
    """As if the worker had been killed."""


def test_a_worker_that_is_killed_in_between_leaves_nothing_twice(
    tmp_path: Path, roles: dict[User, ROLE], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while a neuron is read, and again while its sections are written."""
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows()])
    whole = layout(walk_campaign(table, roles, BOTH, name="whole"))
    campaign = walk_campaign(table, roles, BOTH, prepared=False)
    give_out_synapses(campaign.pk)
    assert walk_next(campaign.pk)

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    for name in ("skeleton_of", "_write_parts"):
        with monkeypatch.context() as patched:
            patched.setattr(walking, name, killed)
            with pytest.raises(KilledError):
                walk_next(campaign.pk)
    give_out_synapses(campaign.pk)
    assert campaign.sections.count() == 1
    make_walk(campaign)
    assert layout(campaign) == whole


def test_where_no_neuron_has_a_skeleton_the_preparation_fails_and_may_be_tried_again(
    tmp_path: Path,
    roles: dict[User, ROLE],
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file comes later."""
    monkeypatch.setattr(rendering, "render_cutouts", len)
    table = neuron_table(tmp_path, line_rows(2), {})
    campaign = walk_campaign(table, roles, BOTH, prepared=False)
    prepare_campaign(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.status == "failed"
    assert campaign.failure.startswith("None of the 2 neurons has a skeleton to go along. ")
    assert "22.swc" in campaign.failure
    assert not Page.objects.exists()
    (tmp_path / "swc" / "22.swc").write_text(LINE)
    change_status(campaign, "preparing", next(iter(roles)), timezone.now())
    prepare_campaign(campaign.pk)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.failure) == ("open", "")
    assert [page[1] for page in layout(campaign)] == ["ordinary", "search"]


def test_what_may_pass_is_no_failure_of_the_neuron(
    tmp_path: Path,
    roles: dict[User, ROLE],
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However often the source does not answer, the campaign waits; then it goes on."""
    monkeypatch.setattr(rendering, "render_cutouts", len)
    table = neuron_table(tmp_path, line_rows(2))
    campaign = walk_campaign(table, roles, NeuronChoice((STRAIGHT,)), prepared=False)

    def away(*_: object) -> Skeleton:
        raise SkeletonsAwayError("The store does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(walking, "skeleton_of", away)
        for _ in range(3):
            with pytest.raises(SkeletonsAwayError):
                prepare_campaign(campaign.pk)
    neuron = campaign.neurons.get()
    assert (neuron.walked_at, neuron.failure, neuron.tries) == (None, "", 0)
    prepare_campaign(campaign.pk)
    assert Campaign.objects.get(pk=campaign.pk).status == "open"
    assert campaign.sections.count() == 1


def test_a_neuron_with_which_workers_are_lost_is_given_up(
    tmp_path: Path, roles: dict[User, ROLE], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed says nothing more: here, what nothing catches."""
    table = neuron_table(tmp_path, [*fork_rows(), *line_rows(2)])
    campaign = walk_campaign(table, roles, NeuronChoice((FORKED, STRAIGHT)), prepared=False)
    give_out_synapses(campaign.pk)

    def killed(*_: object) -> Skeleton:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(walking, "skeleton_of", killed)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                walk_next(campaign.pk)
        assert walk_next(campaign.pk), "it is not read a third time"
    make_walk(campaign)
    fork, line = campaign.neurons.order_by("position")
    assert "the worker was ended" in fork.failure
    assert (fork.item_count, fork.sections.count()) == (16, 0)
    assert (line.failure, line.sections.count()) == ("", 1)
