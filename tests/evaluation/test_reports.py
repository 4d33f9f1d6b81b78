"""The reports of a campaign: made once, made anew when something changed, by one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.evaluation.domain.panels import REPORTED
from apps.evaluation.models import Report
from apps.evaluation.services.reporting import make_reports
from tests.support.filled import AT, Filled, fill_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return fill_campaign(tmp_path, now=AT, instances=480, people=8)


def test_all_panels_are_made(filled: Filled) -> None:
    assert make_reports(filled.campaign.pk, AT)
    assert {*Report.objects.values_list("kind", flat=True)} == {*REPORTED}
