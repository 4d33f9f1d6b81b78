"""The ids of items are in no order and none twice, also where there were items before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from apps.campaigns.models import Item, Membership
from apps.proofreading.domain import Label
from tests.support.migrating import before, migrate, newest, own_database
from tests.support.paper import paper_campaign
from tests.support.people import Team

BEFORE, CHANGE = ("campaigns", "0013_selections"), ("campaigns", "0014_item_ids_say_nothing")
FIRST, END = 2**52, 2**53  # JavaScript counts no further


@pytest.mark.django_db
def test_ids_say_nothing_of_the_order_in_which_items_came(tmp_path: Path, team: Team) -> None:
    gold = dict.fromkeys(range(20), Label.CORRECT)
    roles = {team.manager: Membership.Role.MANAGER}
    campaign = paper_campaign(tmp_path, roles, instances=60, gold=gold)
    ids = list(campaign.items.order_by("position").values_list("pk", flat=True))
    assert ids not in (sorted(ids), sorted(ids, reverse=True))
    assert FIRST <= min(ids) <= max(ids) < END
    of_gold = set(campaign.items.filter(sheet__isnull=True).values_list("pk", flat=True))
    others = set(ids) - of_gold
    assert min(of_gold) < max(others)
    assert min(others) < max(of_gold), "gold was made before the others and is among them"


@pytest.mark.django_db
def test_no_two_numbers_become_one_id() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT id), min(id) >= %s, max(id) < %s FROM ("
            " SELECT campaigns_scrambled(n) AS id FROM generate_series(1, 50000) n"
            " UNION ALL SELECT campaigns_scrambled((1::bigint << 52) - n)"
            " FROM generate_series(1, 50000) n) ids",
            [FIRST, END],
        )
        assert cursor.fetchone() == (100_000, True, True)
        cursor.execute("SELECT pg_get_serial_sequence('campaigns_item', 'id')")
        assert cursor.fetchone() == ("public.campaigns_item_id_seq",)


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """The database as it was."""
    with own_database(has_tables=False):
        migrate(before(CHANGE))
        yield


@pytest.mark.django_db(transaction=True)
def test_items_from_before_keep_their_ids(as_it_was: None, tmp_path: Path, team: Team) -> None:
    def ids_of(name: str) -> list[int]:
        campaign = paper_campaign(tmp_path, roles, instances=12, name=name)
        return list(campaign.items.order_by("position").values_list("pk", flat=True))

    roles = {team.manager: Membership.Role.MANAGER}
    old = ids_of("old")
    assert old == sorted(old)
    assert max(old) < FIRST
    migrate(newest())
    assert list(Item.objects.order_by("position").values_list("pk", flat=True)) == old
    new = ids_of("new")
    assert min(new) >= FIRST
    migrate([BEFORE])
    again = ids_of("again")
    assert again == list(range(max(new) + 1, max(new) + 13))
