"""People and teams are made, invited, and let go."""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from apps.accounts.models import Team, TeamMember, User
from apps.accounts.selectors import NUL
from apps.accounts.services.record import note_changed, note_made
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError


@transaction.atomic
def create_person(
    username: str, first_name: str = "", last_name: str = "", email: str = "", *, by: User
) -> User:
    """Somebody new, without a password: they choose it themselves, through an invitation.

    Raises InvalidInputError naming the field.
    """
    user = User(username=username.strip(), first_name=first_name, last_name=last_name, email=email)
    user.set_unusable_password()
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        field, (sentence, *_) = next(iter(error.message_dict.items()))
        raise InvalidInputError(f"{field}: {sentence}", field=field) from error
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:  # somebody of this name was made since the look above
        raise InvalidInputError(
            "username: A user with that username already exists.", field="username"
        ) from error
    note_made(by, user, "Made and invited.")
    return user


def invite_again(user: User, by: User) -> None:
    """Put on record that somebody is given a new address to choose a password, see below."""
    note_changed(by, user, "Invited again, to choose a new password.")


def invitation_of(user: User) -> tuple[str, str]:
    """The two parts of an address where this person chooses a password, once.

    It is good for a few days (PASSWORD_RESET_TIMEOUT) and until they have logged in or chosen
    one, so whoever passes it on does not keep a key.
    """
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


@transaction.atomic
def change_person(
    user: User, by: User, *, is_active: bool | None = None, is_staff: bool | None = None
) -> User:
    """Close or open an account, or let its person open campaigns.

    A closed account logs nobody in, and its tokens open nothing; what its person did is kept.
    Raises ConflictError for one's own account, so that an administrator is always left.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    before = (user.is_active, user.is_staff)
    if is_active is False and user.pk == by.pk:
        raise ConflictError("You cannot close your own account; another administrator can.")
    user.is_active = user.is_active if is_active is None else is_active
    user.is_staff = user.is_staff if is_staff is None else is_staff
    user.save(update_fields=["is_active", "is_staff"])
    if user.is_active != before[0]:
        note_changed(by, user, "Account opened again." if user.is_active else "Account closed.")
    if user.is_staff != before[1]:
        note_changed(by, user, f"{'May' if user.is_staff else 'May no longer'} open campaigns.")
    return user


@transaction.atomic
def create_team(name: str, by: User) -> Team:
    """Raises InvalidInputError for a name that cannot be used or is taken."""
    name = _team_name(name)
    team, is_new = Team.objects.get_or_create(name=name)
    if not is_new:
        raise InvalidInputError(f"name: there is a team {name!r} already.", field="name")
    note_made(by, team, "Made.")
    return team


@transaction.atomic
def rename_team(team: Team, name: str, by: User) -> None:
    """Raises InvalidInputError for a name that cannot be used or is taken."""
    former, team.name = team.name, _team_name(name)
    try:
        with transaction.atomic():
            team.save(update_fields=["name"])
    except IntegrityError as error:
        raise InvalidInputError(
            f"name: there is a team {team.name!r} already.", field="name"
        ) from error
    if team.name != former:
        note_changed(by, team, f"Was called {former}.")


def put_in_team(team: Team, user: User, by: User) -> None:
    """For `campaigns.services.teams`, which lets the person into its campaigns, too."""
    if TeamMember.objects.get_or_create(team=team, user=user)[1]:
        note_changed(by, team, f"{user.username} joined.")


def take_out_of_team(team: Team, user: User, by: User) -> None:
    """Raises NotFoundError for somebody who is not in it. For `campaigns.services.teams`."""
    deleted, _ = TeamMember.objects.filter(team=team, user=user).delete()
    if not deleted:
        raise NotFoundError(f"{user.username} is not in the team {team.name!r}.")
    note_changed(by, team, f"{user.username} left.")


def _team_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise InvalidInputError("name: give between 1 and 100 characters.", field="name")
    if NUL in name:
        raise InvalidInputError("name: a NUL is no character of a name.", field="name")
    return name
