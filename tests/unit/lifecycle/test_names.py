"""The same cause always asks for the same thing by the same name, within AWS's limits."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.names import digest, job_name, model_name, processing_job_name, run_id

problems = st.from_regex(r"[a-z][a-z0-9-]{0,23}", fullmatch=True)
SAGEMAKER_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
RUN = "20260203T101112-3fa94c"


def test_a_run_is_named_by_its_cause() -> None:
    """Time first, so that runs sort by it; the same event names the same run."""
    assert re.fullmatch(r"20260203T101112-[0-9a-f]{6}", run_id("2026-02-03T10:11:12Z", "event"))
    assert run_id("2026-02-03T10:11:12Z", "e") == run_id("2026-02-03T10:11:12.345Z", "e")
    assert run_id("2026-02-03T10:11:12Z", "e") != run_id("2026-02-03T10:11:12Z", "f")


@given(problems)
def test_names_fit_what_sagemaker_accepts(problem: str) -> None:
    """Its pattern, 32 characters for tuning jobs and 63 for everything else."""
    tuning = job_name(problem, RUN, "start_training")
    processing = processing_job_name("evaluate", problem, RUN)
    model = model_name(problem, RUN)
    assert len(tuning) <= 32
    assert len(processing) <= 63
    assert len(model) <= 63
    for name in (tuning, processing, model):
        assert SAGEMAKER_NAME.fullmatch(name), name


@given(problems, problems)
def test_different_causes_have_different_names(one: str, other: str) -> None:
    """Also where problems share their first letters."""
    if one != other:
        assert job_name(one, RUN, "leg") != job_name(other, RUN, "leg")
        assert processing_job_name("score", one, RUN) != processing_job_name("score", other, RUN)
    assert job_name(one, RUN, "leg") != job_name(one, RUN, "other leg")


def test_a_digest_does_not_run_its_parts_together() -> None:
    """``a`` and ``bc`` are not ``ab`` and ``c``."""
    assert digest("a", "bc") != digest("ab", "c")
    assert len(digest("a", length=6)) == 6
