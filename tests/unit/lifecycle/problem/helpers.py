"""Short ways to put a problem.yaml to the parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lifecycle.errors import ProblemFaultsError
from lifecycle.problem import parse_problem

if TYPE_CHECKING:
    from lifecycle.events import Fault

LEAST = "name: churn\ntarget: Churn\n"


def resolved(extra: str = "", *, region: str = "us-east-1") -> dict[str, Any]:
    """The document of the least definition and some more lines."""
    return parse_problem((LEAST + extra).encode(), folder="churn", region=region).document


def faults_of(
    text: str | bytes, *, folder: str = "churn", region: str = "us-east-1"
) -> list[Fault]:
    """Everything that is wrong with a text."""
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ProblemFaultsError) as refused:
        parse_problem(raw, folder=folder, region=region)
    return list(refused.value.faults)


def fault_in(extra: str, *, region: str = "us-east-1") -> Fault:
    """The only fault of the least definition and some more lines."""
    (fault,) = faults_of(LEAST + extra, region=region)
    return fault
