from django.contrib.auth.views import LogoutView, PasswordChangeDoneView
from django.urls import path
from django.views.decorators.http import require_http_methods

from apps.accounts import api, views
from apps.accounts.logins import LimitedLoginView

_form = require_http_methods(["GET", "HEAD", "POST"])  # Django's own also take others

urlpatterns = [
    path(
        "login/",
        _form(LimitedLoginView.as_view()),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path(
        "password/",
        _form(views.ChangePasswordView.as_view()),
        name="password_change",
    ),
    path(
        "password/changed/",
        PasswordChangeDoneView.as_view(template_name="accounts/password_changed.html"),
        name="password_change_done",
    ),
    path(
        "welcome/<uidb64>/<token>/",
        _form(views.WelcomeView.as_view()),
        name="welcome",
    ),
    path("people/", views.people, name="people"),
    path("people/<int:person_id>/", views.change, name="person-change"),
    path("api/people", api.PeopleView.as_view(), name="api-people"),
    path("api/people/<int:person_id>", api.PersonView.as_view(), name="api-person"),
    path(
        "api/people/<int:person_id>/invitation",
        api.InvitationView.as_view(),
        name="api-invitation",
    ),
    path("api/me/settings", api.PreferencesView.as_view(), name="api-my-settings"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", views.revoke, name="token-revoke"),
    path("api/tokens", api.TokensView.as_view(), name="api-tokens"),
    path("api/tokens/<int:token_id>", api.TokenView.as_view(), name="api-token"),
]
