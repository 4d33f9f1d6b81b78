from django.apps import AppConfig


class ProofreadingConfig(AppConfig):
    name = "apps.proofreading"
