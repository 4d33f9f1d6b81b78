"""Secrets at the command line: in from standard input or a file, and never out again."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.datasets.models import Secret
from apps.datasets.services.secrets import credentials_of

pytestmark = pytest.mark.django_db

TOKEN = "tok-1234567890"


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("secret", *arguments, stdout=out)
    return out.getvalue()


def test_a_secret_comes_from_standard_input_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mona = User.objects.create(username="mona", is_staff=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    assert TOKEN not in run("create", "store", "https", "--owner", "mona")
    kept = Secret.objects.get()
    assert (kept.name, kept.created_by) == ("store", mona)
    assert credentials_of(kept).token == TOKEN
    (tmp_path / "new").write_text("tok-new")
    run("replace", "store", "--file", str(tmp_path / "new"))
    assert credentials_of(Secret.objects.get()).token == "tok-new"
    assert run("list") == "store\thttps\tmona\n"
    assert run("encrypt-anew") == "1 secrets are encrypted with the first key.\n"
    run("delete", "store")
    assert not Secret.objects.exists()


class Terminal(io.StringIO):
    """What is read from it is shown as it is typed."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_it_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("typed-for-all-to-see"))
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return TOKEN

    monkeypatch.setattr("getpass.getpass", typed)
    run("create", "store", "https")
    assert credentials_of(Secret.objects.get()).token == TOKEN
    assert asked == ["Secret, in one line (it is not shown): "]


def test_what_cannot_be_is_told_without_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + TOKEN.encode())
    for words, arguments in (
        ("no text in UTF-8", ["create", "a", "https", "--file", str(tmp_path / "binary")]),
        ("cannot be read", ["create", "a", "https", "--file", str(tmp_path / "none")]),
        ("no person 'otto'", ["create", "a", "https", "--owner", "otto"]),
        ("no secret 'a'", ["delete", "a"]),
    ):
        monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN))
        with pytest.raises(CommandError, match=words) as refused:
            run(*arguments)
        assert TOKEN not in str(refused.value)
    assert not Secret.objects.exists()
