"""From the text of a problem.yaml to the definition in force, or to everything wrong with it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lifecycle.errors import ProblemFaultsError
from lifecycle.events import Fault
from lifecycle.problem.definition import SHORTEST_LINEAR_PERCENT, Problem
from lifecycle.problem.faults import fault_of, written_path
from lifecycle.problem.metric_names import DEFAULTS
from lifecycle.problem.reader import read_yaml, show
from lifecycle.problem.recipe_rules import steps as _steps  # noqa: F401  registers its rule
from lifecycle.problem.rules import Place, findings
from lifecycle.problem.source_rules import sources as _sources  # noqa: F401  registers its rule

if TYPE_CHECKING:
    from lifecycle.problem.reader import Path, Tree, Value

PARALLEL = 2
MOST_FAULTS = 100


@dataclass(frozen=True)
class ResolvedProblem:
    """An accepted definition.

    Attributes:
        definition: what was written, checked, with the defaults that stand by themselves.
        region: the stack's Region.
    """

    definition: Problem
    region: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """The definition as plain JSON, every default written out, also those that depend."""
        problem = self.definition
        document: dict[str, Any] = problem.model_dump(mode="json")
        if problem.task in DEFAULTS and not problem.metric.name:
            document["metric"]["name"] = DEFAULTS[problem.task]
        document["compliance"]["regions"] = list(problem.compliance.regions) or [self.region]
        document["tune"]["parallel"] = problem.tune.parallel or min(PARALLEL, problem.tune.jobs)
        bias = problem.evaluate.bias
        facets = bias.facets or problem.columns.sensitive
        document["evaluate"]["bias"]["facets"] = list(facets)
        shift = problem.deploy.shift
        if shift.type != "all_at_once":
            document["deploy"]["shift"]["percent"] = shift.percent or SHORTEST_LINEAR_PERCENT
        return document


def parse_problem(text: bytes, *, folder: str, region: str = "us-east-1") -> ResolvedProblem:
    """Read a problem.yaml.

    Args:
        text: the landed bytes.
        folder: the landing folder, which names the problem.
        region: the stack's Region, where the data stays.

    Raises:
        ProblemFaultsError: with every fault at once, in the order of their lines.
    """
    tree = read_yaml(text)
    faults = list(tree.faults)
    problem, found = _validated(tree)
    told = {fault.path for fault in faults}
    faults += [fault for fault in found if fault.path not in told]
    faulty = {fault.path for fault in faults}
    if problem is not None:
        faults += [
            Fault(
                path=show(finding.path),
                message=finding.message,
                line=tree.line(finding.path),
                accepted=finding.accepted,
                cure=finding.cure,
            )
            for finding in findings(problem, Place(folder, region), faulty)
        ]
    if faults or problem is None:
        raise ProblemFaultsError(_told(faults))
    return ResolvedProblem(problem, region)


def _told(faults: list[Fault]) -> list[Fault]:
    """Faults by line; more than anybody reads are counted, since an event holds 256 KB."""
    faults.sort(key=lambda fault: (fault.line or 0, fault.path))
    more = len(faults) - MOST_FAULTS
    if more <= 0:
        return faults
    following = faults[MOST_FAULTS]
    rest = Fault(
        message=f"{more} more faults follow", line=following.line, cure="Mend these first."
    )
    return [*faults[:MOST_FAULTS], rest]


def _validated(tree: Tree) -> tuple[Problem | None, list[Fault]]:
    """The definition and its faults; where there are faults, defaults take their places.

    So the rules about what must fit together can still be held against the rest.
    """
    try:
        return Problem.model_validate(tree.root), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    faults = [fault_of(detail, tree) for detail in details]
    mended = deepcopy(tree.root)
    for detail in details:
        _cut(mended, written_path(detail["loc"]))
    for required in ("name", "target"):
        mended.setdefault(required, "unknown")
    try:
        return Problem.model_validate(mended), faults
    except ValidationError:
        return None, faults


def _cut(root: dict[str, Value], path: Path) -> None:
    """Take a key out; for an item of a list, the whole list: positions must stay true."""
    here: Any = root
    for part, following in zip(path, (*path[1:], None), strict=True):
        last = following is None or isinstance(following, int)
        if not isinstance(here, dict) or part not in here:
            return
        if last:
            del here[part]
            return
        here = here[part]
