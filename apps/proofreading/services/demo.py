"""The demonstration: a phantom dataset, three people, and a campaign to try things out in.

Making it again completes what is missing and makes nothing twice. The files appear under their
name when they are whole, everything in Postgres is one transaction, and the logins are published
last; so a run that is killed leaves nothing that the next one cannot take up.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import connection, transaction

from apps.accounts.models import User
from apps.campaigns.models import Campaign, Membership
from apps.core.errors import ConflictError
from apps.datasets.models import Dataset, SynapseTable, Volume
from apps.datasets.services.datasets import VolumeInput, create_dataset, relocate_volumes
from apps.datasets.services.phantoms import PhantomFolder, write_phantom
from apps.proofreading.services.campaigns import open_campaign
from apps.proofreading.services.demo_verdicts import judge_a_page
from apps.voxels.geometry import Point
from apps.voxels.phantom import PhantomSpec

DATASET = "Demo: phantom tissue"
CAMPAIGN = "Demo: find the wrong synapses"
CROP = Point(160, 160, 12)
SIZES: Mapping[str, PhantomSpec] = {
    "full": PhantomSpec(),
    "small": PhantomSpec(shape_zyx=(32, 384, 384), synapses=40),
}
ROLES: Mapping[str, Membership.Role] = {
    "manager": Membership.Role.MANAGER,
    "anna": Membership.Role.ANNOTATOR,
    "ben": Membership.Role.ANNOTATOR,
}
_LOCK = 0x53796E41  # one process at a time makes the demonstration
_LOGINS = "demo-logins.json"

INSTRUCTIONS = """\
Each tile shows a synapse that a detector believes it found: its mask in colour, the presynaptic \
point and the postsynaptic point. Decide for each whether the detector is right.

A true synapse has three signs. On the presynaptic side a cloud of small round vesicles lies close \
to the membrane. Between the two cells runs the cleft, a straight stretch of darker, thicker \
membrane. On the postsynaptic side that stretch is darkest. Step through the slices: a synapse \
goes on for several of them.

What is wrong in this dataset:
False positive: no vesicles, no dark cleft; often plain membrane or the edge of a mitochondrion.
Mask does not fit: the synapse is real, but its mask is shifted to the side or covers only a part.
Pre and post swapped: the vesicles lie on the side of the postsynaptic point.

Mark a wrong one as incorrect and one that you cannot decide as unsure; all others stay correct. \
The volume is generated, so for every row the truth is known: truth.json lies beside the volumes."""


@dataclass(frozen=True)
class Login:
    """Somebody who can log in."""

    username: str
    password: str
    role: str


@dataclass(frozen=True)
class Demo:
    """What there is now."""

    logins: tuple[Login, ...]
    campaign: Campaign


def make_demo(home: Path, size: str = "full", *, judged: bool = False) -> Demo:
    """Make the demonstration under the folder `home`, or what is missing of it.

    `size` is a key of SIZES; it counts when the volumes are first written. With `judged` ben has
    judged a page, so that there is something to mend. Raises ConflictError where one of its user
    names belongs to somebody else.
    """
    with _alone():
        files = write_phantom(home / "demo", SIZES[size])
        kept = _read_logins(home)
        logins = kept or _new_logins()
        with transaction.atomic():
            people = _people(logins, may_reset=not kept)
            campaign = _campaign(_table(files, people["manager"]), people)
        if not kept:
            _publish_logins(home, logins)
        if judged:
            judge_a_page(campaign, people["ben"], files.truth)
    return Demo(logins, campaign)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _new_logins() -> tuple[Login, ...]:
    return tuple(Login(name, secrets.token_urlsafe(9), role.value) for name, role in ROLES.items())


def _read_logins(home: Path) -> tuple[Login, ...]:
    path = home / _LOGINS
    if not path.exists():
        return ()
    return tuple(Login(**login) for login in json.loads(path.read_text(encoding="utf-8"))["logins"])


def _publish_logins(home: Path, logins: tuple[Login, ...]) -> None:
    """Write the logins for this account's eyes alone, whole or not at all."""
    own = home / f".{_LOGINS}"
    own.unlink(missing_ok=True)
    own.touch(mode=0o600)
    document = {"logins": [asdict(login) for login in logins]}
    own.write_text(json.dumps(document, indent=1), encoding="utf-8")
    own.rename(home / _LOGINS)


def _people(logins: tuple[Login, ...], *, may_reset: bool) -> dict[str, User]:
    return {login.username: _person(login, may_reset=may_reset) for login in logins}


def _person(login: Login, *, may_reset: bool) -> User:
    """The person of a login.

    A password that its owner has changed stays theirs; it is set anew only where the file of
    logins is gone, so that no one knows it.
    """
    user = User.objects.filter(username=login.username).first()
    if user is None:
        return _create(login)
    if Membership.objects.filter(campaign__name=CAMPAIGN, user=user).exists():
        if may_reset:
            user.set_password(login.password)
            user.save(update_fields=["password"])
        return user
    if not user.check_password(login.password):
        raise ConflictError(
            f"username: there is a user {login.username!r} already who is not of the "
            "demonstration. Use another database for the demonstration, or rename that user.",
            field="username",
        )
    return user


def _create(login: Login) -> User:
    if login.role == Membership.Role.MANAGER:
        return User.objects.create_superuser(login.username, password=login.password)
    return User.objects.create_user(login.username, password=login.password)


def _table(files: PhantomFolder, manager: User) -> SynapseTable:
    dataset = Dataset.objects.filter(name=DATASET).first()
    if dataset is not None:
        # The home folder may have been moved or copied since.
        relocate_volumes(dataset, files.volumes)
        return dataset.tables.latest("version")
    volumes = [VolumeInput(Volume.Kind(kind), address) for kind, address in files.volumes.items()]
    return create_dataset(DATASET, volumes, files.table, created_by=manager)


def _campaign(table: SynapseTable, people: Mapping[str, User]) -> Campaign:
    campaign = Campaign.objects.filter(name=CAMPAIGN).first()
    if campaign is not None:
        return campaign
    members = {people[name]: role for name, role in ROLES.items()}
    return open_campaign(
        CAMPAIGN,
        table,
        members,
        crop=CROP,
        instructions=INSTRUCTIONS,
        created_by=people["manager"],
    )
