"""Django's admin shows every model, is quick with many rows, and lets nobody touch history."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import ApiToken, Team, User
from apps.accounts.services.tokens import create_token
from apps.campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignVersion,
    Item,
    Lease,
    Membership,
    Visit,
)
from apps.campaigns.services.audit import record
from apps.datasets.models import Instance
from apps.proofreading.models import (
    Discard,
    GoldExposure,
    Settlement,
    Verdict,
    VerdictCategory,
)
from apps.proofreading.services.settling import count_submitted
from tests.support.paper import paper_campaign, work

HISTORY: tuple[type[Model], ...] = (
    *(Verdict, VerdictCategory, Lease, AuditEntry, CampaignVersion, Settlement),
    *(GoldExposure, Visit, Item, Instance, Discard),
)
CHANGEABLE = {User, Team, Campaign}
OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("apps.") and not model._meta.auto_created
]


@pytest.fixture
def ada(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="ada", is_superuser=True, is_staff=True))
    return client


@pytest.fixture
def campaign(ada: Client, tmp_path: Path) -> Campaign:
    """A campaign with work in it: all of it judged and counted."""
    anna = User.objects.create(username="anna")
    campaign = paper_campaign(tmp_path, {anna: Membership.Role.ANNOTATOR}, instances=12)
    work(campaign, anna)
    count_submitted(timezone.now())
    record(campaign, anna, "page_reserved", {"page": 1}, timezone.now())
    return campaign


def url(model: type[Model], what: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def test_every_model_of_every_room_is_there() -> None:
    assert [model.__name__ for model in OURS if not admin.site.is_registered(model)] == []
    assert len(OURS) > 25


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_lists_and_rows_are_shown(ada: Client, campaign: Campaign, model: type[Model]) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = ada.get(url(model, "changelist"))
    assert page.status_code == 200
    assert len(queries) <= 8  # nothing is asked row by row
    if model is not User:  # people are few
        table = model._meta.db_table
        counts = [one["sql"] for one in queries if "COUNT(*)" in one["sql"]]
        assert [sql for sql in counts if table in sql] == []
    assert ada.get(url(model, "changelist"), {"q": "1"}).status_code == 200
    row = model._default_manager.order_by("pk").first()
    if row is not None:
        assert ada.get(url(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_is_looked_at_and_not_touched(
    ada: Client, campaign: Campaign, model: type[Model]
) -> None:
    assert ada.get(url(model, "add")).status_code == 403
    row = model._default_manager.order_by("pk").first()
    if row is None:  # no gold in this campaign, no kinds of errors named, none discarded
        assert model in {GoldExposure, VerdictCategory, CampaignVersion, Discard}
        return
    assert ada.post(url(model, "change", row.pk), {}).status_code == 403
    assert ada.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    shown = ada.get(url(model, "change", row.pk)).content.decode()
    assert 'name="_save"' not in shown


def test_only_what_is_named_here_can_be_changed() -> None:
    """A model that becomes changeable is a decision."""
    request = type("Request", (), {"user": User(is_superuser=True, is_active=True)})()
    can = {
        model for model in OURS if admin.site.get_model_admin(model).has_change_permission(request)
    }
    assert can == CHANGEABLE


def test_a_change_of_a_campaign_is_on_the_record(ada: Client, campaign: Campaign) -> None:
    form = {"deadline_0": "2031-01-02", "deadline_1": "03:04:05", "open_pages_cap": "2"}
    answer = ada.post(url(Campaign, "change", campaign.pk), form | {"name": "Another name"})
    assert answer.status_code == 302, answer.content.decode()
    after = Campaign.objects.get(pk=campaign.pk)
    assert (after.open_pages_cap, after.name) == (2, campaign.name)
    entry = AuditEntry.objects.filter(campaign=campaign).latest("pk")
    assert entry.action == "settings_changed"
    assert entry.actor is not None
    assert entry.actor.username == "ada"
    assert entry.details["open_pages_cap"] == {"from": 1, "to": 2}


def test_secrets_are_not_shown(ada: Client, campaign: Campaign) -> None:
    anna = User.objects.get(username="anna")
    token, secret = create_token(anna, "Notebook", 30)
    page = ada.get(url(ApiToken, "change", token.pk)).content.decode()
    assert token.digest not in page
    assert secret[:15] not in page
    lease = Lease.objects.filter(user=anna).latest("pk")
    shown = ada.get(url(Lease, "change", lease.pk)).content.decode()
    assert str(lease.token) not in shown


def test_an_administrator_revokes_a_token(ada: Client, campaign: Campaign) -> None:
    token, secret = create_token(User.objects.get(username="anna"), "Notebook", 30)
    ada.post(url(ApiToken, "delete", token.pk), {"post": "yes"})
    program = Client(headers={"Authorization": f"Token {secret}"})
    assert program.get("/api/tokens").status_code == 401


def test_staff_who_administer_nothing_see_nothing(campaign: Campaign) -> None:
    staff = Client()
    staff.force_login(User.objects.create(username="mona", is_staff=True))
    assert staff.get("/admin/").status_code == 200
    for model in OURS:
        assert staff.get(url(model, "changelist")).status_code == 403


def test_rows_are_found_by_number_and_by_name(ada: Client, campaign: Campaign) -> None:
    def found(model: type[Model], term: str) -> list[int]:
        page = ada.get(url(model, "changelist"), {"q": term})
        return [row.pk for row in page.context["cl"].result_list]

    first = Verdict.objects.order_by("pk")[0]
    assert first.pk in found(Verdict, str(first.pk))
    assert first.pk in found(Verdict, str(first.item_id))
    assert len(found(Verdict, "ANNA")) == 12
    assert found(Verdict, "nobody") == []
    assert found(Verdict, "9" * 30) == []
