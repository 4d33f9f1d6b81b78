"""Verdicts, how they are settled, and gold."""

from apps.proofreading.models.discards import Discard
from apps.proofreading.models.gold import GoldAnswer, GoldExposure, GoldPolicy
from apps.proofreading.models.marks import MissedMark
from apps.proofreading.models.settling import AnnotatorRates, Recount, Settlement, SettlingPolicy
from apps.proofreading.models.verdicts import ErrorCategory, Verdict, VerdictCategory

__all__ = [
    "AnnotatorRates",
    "Discard",
    "ErrorCategory",
    "GoldAnswer",
    "GoldExposure",
    "GoldPolicy",
    "MissedMark",
    "Recount",
    "Settlement",
    "SettlingPolicy",
    "Verdict",
    "VerdictCategory",
]
