"""Plans of datasets through the API, with the work of workers done on the spot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from apps.datasets.services.planning_work import examine_plan, preview_plan, save_plan
from tests.support.people import Team
from tests.support.volumes import PhantomFiles

ADDRESS = "/api/dataset-plans"


@dataclass
class Planner:
    """Somebody who makes datasets through the API."""

    client: Client
    files: PhantomFiles
    id: int = 0

    def send(self, method: str, path: str = "", body: Any = None, status: int = 200) -> Any:
        address = f"{ADDRESS}/{self.id}{path}" if self.id else ADDRESS
        answer = self.client.generic(
            method, address, json.dumps(body or {}), content_type="application/json"
        )
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None

    def begin(self, **changes: Any) -> Any:
        """A plan of the phantom with its uploaded table, looked at."""
        self.id = self.send("POST", body=self.phantom() | changes, status=201)["id"]
        if "table" not in changes:
            self.upload(self.files.table.read_bytes())
        return self.looked_at()

    def phantom(self) -> dict[str, Any]:
        volumes = {kind: getattr(self.files, kind) for kind in ("image", "cleft", "neuron")}
        said = {kind: {"address": address} for kind, address in volumes.items()}
        return {"name": "tissue", **said, "crop_size": [96, 96, 6]}

    def upload(self, content: bytes, name: str = "synapses.csv", status: int = 200) -> Any:
        file = SimpleUploadedFile(name, content)
        answer = self.client.post(f"{ADDRESS}/{self.id}/file", {"file": file})
        assert answer.status_code == status, answer.content
        return answer.json()

    def change(self, **changes: Any) -> Any:
        self.send("PATCH", body=changes)
        return self.looked_at()

    def looked_at(self) -> Any:
        examine_plan(self.id)
        return self.send("GET")

    def preview(self, **body: Any) -> Any:
        self.send("POST", "/preview", body, status=202)
        preview_plan(self.id)
        return self.send("GET", "/preview")

    def save(self) -> Any:
        self.send("POST", "/save", status=202)
        save_plan(self.id)
        return self.send("GET")


@pytest.fixture
def planner(team: Team, phantom_files: PhantomFiles) -> Iterator[Planner]:
    """The manager, who is staff; volumes may lie in the folder of the phantom."""
    client = Client()
    client.force_login(team.manager)
    roots = (phantom_files.folder.resolve(),)
    with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, volume_roots=roots)):
        yield Planner(client, phantom_files)
