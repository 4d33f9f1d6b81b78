"""`manage.py export`: files in a folder of one's own, which goes on where it was interrupted."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.campaigns.models import AuditEntry, Campaign
from apps.exports.models import Export
from apps.exports.services import writing_exports
from apps.exports.services.sweeping import resume_exports
from apps.exports.services.writing import synanno_pieces
from apps.revision.selectors.outcome_reading import outcomes_after
from tests.support.people import Team
from tests.support.revisions import to_mend

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(tmp_path: Path, team: Team) -> Campaign:
    return to_mend(tmp_path, team)


def run(campaign: Campaign, output: Path, *arguments: str) -> str:
    said = io.StringIO()
    call_command("export", campaign.name, "--output", str(output), *arguments, stdout=said)
    return said.getvalue()


def test_files_lie_in_the_folder_that_was_named(paper: Campaign, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "results"
    said = run(paper, folder, "--formats", "csv", "synanno", "--unjudged", "keep")
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json", "outcomes.csv", "synanno.json",
    ]  # fmt: skip
    assert (folder / "synanno.json").read_text() == "".join(synanno_pieces(paper))
    for name, digest in re.findall(r"(\S+)  [\d,]+ bytes  sha256 (\w+)", said):
        assert hashlib.sha256(Path(name).read_bytes()).hexdigest() == digest
    entry = AuditEntry.objects.get(action="export_asked")
    assert (entry.actor, entry.details["to"]) == (None, str(folder))
    assert f"Export {entry.details['export']} of campaign {paper.pk}" in said
    assert "6 synapses written" in said
    assert "4 have not been judged yet: in SynAnno's file they are correct" in said


def test_where_nothing_was_drawn_masks_are_said_to_be_empty(
    paper: Campaign, tmp_path: Path
) -> None:
    said = run(paper, tmp_path / "results", "--formats", "masks", "csv")
    assert "masks.zip" in said
    assert said.count("Nothing that was drawn is in it.") == 1
    manifest = json.loads((tmp_path / "results" / "manifest.json").read_text())
    table, masks = manifest["files"]
    assert masks["notes"] == {"instances": 0, "entries": 0, "voxels_outside": 0}
    assert "notes" not in table
    for file in (table, masks):
        content = (tmp_path / "results" / file["saved_as"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]


def test_only_what_an_earlier_export_wrote_is_replaced(paper: Campaign, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    run(paper, folder, "--formats", "csv", "masks")
    run(paper, folder, "--formats", "csv", "masks")
    manifest = (folder / "manifest.json").read_bytes()
    with pytest.raises(CommandError, match=r"not replace \(masks\); name a folder that is new"):
        run(paper, folder, "--formats", "csv")
    assert (folder / "manifest.json").read_bytes() == manifest

    own = tmp_path / "own" / "masks" / "mine.npy"
    own.parent.mkdir(parents=True)
    own.touch()
    with pytest.raises(CommandError, match=r"not replace \(masks\)"):
        run(paper, tmp_path / "own", "--formats", "masks")
    assert [path.name for path in own.parent.iterdir()] == ["mine.npy"]
    assert Export.objects.count() == 2


def test_interrupted_it_goes_on_in_the_same_folder(
    paper: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def interrupted(campaign: Campaign, after: Any, _: int) -> Any:
        read.append(after.position)
        if len(read) == 3:
            raise KeyboardInterrupt
        return outcomes_after(campaign, after, 2)

    monkeypatch.setattr(writing_exports, "outcomes_after", interrupted)
    folder = tmp_path / "results"
    with pytest.raises(KeyboardInterrupt):
        run(paper, folder)
    assert not (folder / "synanno.json").exists()
    begun = Export.objects.get()
    resume_exports(begun.asked_at.replace(year=begun.asked_at.year + 1))
    assert folder.exists(), "no worker looks at it"
    with pytest.raises(CommandError, match="is unfinished; call it again so, or remove the folder"):
        run(paper, folder, "--formats", "csv")
    run(paper, folder)
    assert read == [-1, 1, 3, 3, 5, 5]
    assert Export.objects.get().state == Export.State.READY
    assert (folder / "synanno.json").read_text() == "".join(synanno_pieces(paper))
    assert not (folder / ".parts").exists()


def test_what_was_removed_meanwhile_is_begun_anew(
    paper: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "results"

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(writing_exports, "_finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(paper, folder)
    next((folder / ".parts").iterdir()).unlink()
    with pytest.raises(CommandError, match=r"not replace \(synanno.json\)"):
        run(paper, folder, "--formats", "csv")
    run(paper, folder, "--formats", "csv", "synanno")
    assert [one.state for one in Export.objects.order_by("pk")] == ["failed", "ready"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json", "outcomes.csv", "synanno.json",
    ]  # fmt: skip


def test_a_place_where_nothing_can_be_written_is_told(paper: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(CommandError, match=r"output: .*file cannot be used: Not a directory"):
        run(paper, file)
    with pytest.raises(CommandError, match=r"output: .*file/x cannot be used: Not a directory"):
        run(paper, file / "x")
    with pytest.raises(CommandError, match="there is no campaign of the name or id '99999'"):
        call_command("export", "99999", "--output", str(tmp_path))
    with pytest.raises(CommandError, match="invalid choice: 'xml'"):
        call_command("export", paper.name, "--output", str(tmp_path), "--formats", "xml")
    assert not Export.objects.exists()
