"""Where half of the checks are UNMET, the model is to blame, and the guide to other models is named."""

from __future__ import annotations

from pytest_kvguard.reports.unmet import MODEL_GUIDE, unmet_hint
from tests.docs.pages import ROOT


def test_a_model_that_obeys_too_little_leads_to_the_guide() -> None:
    assert unmet_hint({"UNMET": 2, "HELD": 1}).startswith("2 of 3 checks are UNMET")
    assert unmet_hint({"UNMET": 1, "LOST": 1}).endswith(MODEL_GUIDE)
    assert (ROOT / MODEL_GUIDE).is_file()


def test_single_unmet_checks_do_not() -> None:
    assert unmet_hint({"UNMET": 1, "HELD": 2}) == unmet_hint({"HELD": 3}) == unmet_hint({}) == ""
