"""Results for programs: the same file as on the page, with a token."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from apps.accounts.services.tokens import create_token
from apps.campaigns.models import Membership
from tests.support.paper import paper_campaign, work
from tests.support.people import Team
from tests.support.work import client_of

pytestmark = pytest.mark.django_db
ROLE = Membership.Role


def test_a_program_fetches_the_file_of_the_page(tmp_path: Path, team: Team) -> None:
    roles = {team.manager: ROLE.MANAGER, team.anna: ROLE.ANNOTATOR}
    campaign = paper_campaign(tmp_path, roles)
    work(campaign, team.anna)
    page = f"/campaigns/{campaign.pk}/synanno.json"
    _, secret = create_token(team.manager, "Notebook", 30)
    program = Client(headers={"Authorization": f"Token {secret}"})
    answer, shown = program.get(f"/api{page}"), client_of(team.manager).get(page)
    assert isinstance(answer, StreamingHttpResponse), "a large one is never held as a whole"
    assert answer.getvalue() == shown.getvalue() != b""
    assert answer.headers["Content-Disposition"] == shown.headers["Content-Disposition"]
    assert client_of(team.anna).get(f"/api{page}").status_code == 403
    assert client_of(team.outsider).get(f"/api{page}").status_code == 404
