from django.apps import AppConfig


class RevisionConfig(AppConfig):
    name = "apps.revision"
