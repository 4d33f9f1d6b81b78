"""People, teams, and tokens for programs."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from knox.models import AbstractAuthToken


class User(AbstractUser):
    """A person with a login. Superusers administer the server, staff may open campaigns; all
    else is a membership in a campaign.

    `preferences` come with the person, since every page of work needs them; services/preferences.py
    says what they hold."""

    preferences = models.JSONField(
        default=dict, blank=True, help_text="Keys that this person has chosen."
    )


class Team(models.Model):
    """People who are put into campaigns together."""

    name = models.CharField(max_length=100, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="TeamMember", related_name="teams"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """That a person belongs to a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="team_members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="team_members"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="once_in_a_team"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} in team {self.team_id}"


class ApiToken(AbstractAuthToken):
    """What lets a program act for a person. Only a hash of it is kept: `digest` of the whole,
    and `token_key`, its first characters, by which it is found."""

    digest = models.CharField(max_length=128, unique=True)
    name = models.CharField(max_length=100, help_text="What the person calls it.")

    def __str__(self) -> str:
        return f"token {self.name!r} of user {self.user_id}"
