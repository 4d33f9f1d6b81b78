"""The pages of people: their tokens, and for administrators the list of everybody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import PersonRequest, invitation_address
from apps.accounts.selectors import check_administrator, find_people, get_person, tokens_of
from apps.accounts.services.people import change_person, create_person, invite_again
from apps.accounts.services.record import note_changed
from apps.accounts.services.tokens import LONGEST_DAYS, create_token, revoke_token
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.forms import in_words, put_error


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, label="What is it for?")
    days = forms.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, initial=90, label="Good for how many days?"
    )


class PersonForm(forms.Form):
    username = forms.CharField(max_length=150)
    first_name = forms.CharField(max_length=150, required=False, label="First name")
    last_name = forms.CharField(max_length=150, required=False, label="Last name")
    email = forms.EmailField(max_length=254, required=False, label="E-mail")


class SearchForm(forms.Form):
    search = forms.CharField(max_length=100, required=False)


MOST_SHOWN = 200


class WelcomeView(PasswordResetConfirmView):
    """Where an invitation leads: its person chooses a password, and is in."""

    template_name = "accounts/welcome.html"
    post_reset_login = True
    success_url = reverse_lazy("my-campaigns")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        note_changed(form.user, form.user, "Chose a password, through an invitation.")
        return answer


class ChangePasswordView(PasswordChangeView):
    template_name = "accounts/password.html"

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        note_changed(form.user, form.user, "Changed the password.")
        return answer


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def people(request: PersonRequest) -> HttpResponse:
    """Everybody, for administrators; somebody new is invited here."""
    check_administrator(request.user)
    form = PersonForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            made = create_person(**form.cleaned_data, by=request.user)
        except InvalidInputError as error:
            put_error(form, error)
        else:
            invited = {"who": made, "address": invitation_address(request, made)}
            context = {"form": PersonForm(), "invited": invited}
    search = _search(request)
    shown = list(find_people(search)[: MOST_SHOWN + 1])
    context |= {"search": search, "people": shown[:MOST_SHOWN], "more": len(shown) > MOST_SHOWN}
    return render(request, "accounts/people.html", context)


def _search(request: PersonRequest) -> str:
    """What people are searched for. Raises InvalidInputError."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        raise InvalidInputError(f"search: {form.errors['search'][0]}", field="search")
    found: str = form.cleaned_data["search"]
    return found


@never_cache
@login_required
@require_POST
def change(request: PersonRequest, person_id: int) -> HttpResponse:
    """What a button beside a person does: `do` says which."""
    check_administrator(request.user)
    user, what = get_person(person_id), request.POST.get("do", "")
    if what == "invite":
        invite_again(user, request.user)
        invited = {"who": user, "address": invitation_address(request, user)}
        context = {"form": PersonForm(), "invited": invited, "people": [user]}
        return render(request, "accounts/people.html", context)
    changes = {
        "close": {"is_active": False},
        "open": {"is_active": True},
        "allow": {"is_staff": True},
        "forbid": {"is_staff": False},
    }
    if what not in changes:
        raise InvalidInputError(f"do: {what!r} is no change of a person.", field="do")
    try:
        change_person(user, request.user, **changes[what])
    except ConflictError as error:
        messages.error(request, in_words(error))
    return redirect("people")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: PersonRequest) -> HttpResponse:
    """The tokens of this person; a new one is shown once."""
    context: dict[str, Any] = {"form": TokenForm()}
    if request.method == "POST":
        context["form"] = form = TokenForm(request.POST)
        if form.is_valid():
            try:
                made, secret = create_token(request.user, **form.cleaned_data)
            except InvalidInputError as error:
                put_error(form, error)
            else:
                context = {"form": TokenForm(), "made": made, "secret": secret}
    context["tokens"] = tokens_of(request.user)
    return render(request, "accounts/tokens.html", context)


@require_POST
@login_required
def revoke(request: PersonRequest, token_id: int) -> HttpResponse:
    revoke_token(request.user, token_id)
    messages.success(request, "The token is revoked: it opens nothing any more.")
    return redirect("tokens")
