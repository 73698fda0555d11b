"""A flow as recipe steps: what is honoured, and what is refused by name.

Honoured are the common transforms of columns, rows, missing cells, outliers, categories, numbers
and texts. Thresholds and frequent categories that Data Wrangler froze when the step was defined
(``trained_parameters``) are taken as they are; models that it keeps as binary (encoders, scalers)
are fitted anew from the training rows. Whatever else a flow holds is refused, every node at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Mapping

from science.faults import Fault
from science.flow import categories, cells, columns, numbers, rows
from science.flow.nodes import FlowRefused, chain, loads, where
from science.flow.refused import Refused
from science.recipe.documents import RecipeError, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from science.flow.nodes import Node
    from science.recipe.steps import Step

PREFIX = "sagemaker.spark."


@dataclass
class Flow:
    """A flow that was read.

    Attributes:
        steps: the recipe's steps as JSON.
        notes: what was passed over because it makes no difference here, a sentence each.
    """

    steps: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def on_texts(self) -> list[dict[str, Any]]:
        """The steps for cells that are all texts: numbers are read before a step needs them.

        A flow reads its types in its second node; steps of a problem's own come before types are
        told.
        """
        made: list[dict[str, Any]] = []
        numbers: set[str] = set()
        for step in self.steps:
            if step["step"] == "cast":
                numbers |= set(step["columns"]) if step["to"] in {"number", "whole"} else set()
            elif _needs_numbers(step):
                waiting = [column for column in step["columns"] if column not in numbers]
                if waiting:
                    made.append({"step": "cast", "columns": waiting, "to": "number"})
                    numbers |= set(waiting)
            made.append(step)
        return made

    @property
    def parsed(self) -> list[Step]:
        """The steps, typed."""
        return parse(self.steps)


def _needs_numbers(step: Mapping[str, Any]) -> bool:
    if step["step"] == "impute":
        return step["method"] in {"median", "mean"}
    return step["step"] in {"outliers", "standardise", "normalise"}


def read(text: str | bytes) -> Flow:
    """The steps of a ``.flow`` file.

    Raises:
        FlowRefused: it is no flow, no single chain, or holds what is not honoured.
    """
    return converted(loads(text))


def read_document(document: Any) -> Flow:
    """The steps of a flow that is already read from its JSON.

    Raises:
        FlowRefused: as for ``read``.
    """
    return converted(chain(document))


def converted(transforms: Sequence[Node]) -> Flow:
    """The steps of a chain of transforms.

    Raises:
        FlowRefused: with every node that is not honoured.
    """
    found = Flow()
    faults: list[Fault] = []
    for node in transforms:
        made = _made(node, faults)
        found.steps += made
        if not made and node["operator"] not in SILENT:
            found.notes.append(f"{where(node)} makes no difference here.")
    if faults:
        raise FlowRefused(faults)
    return found


def _made(node: Node, faults: list[Fault]) -> list[dict[str, Any]]:
    """The steps of one node; what is wrong with it goes to ``faults``."""
    try:
        made = _steps(node)
        parse(made)
    except Refused as refused:
        faults.append(Fault(refused.what, where(node), refused.cure))
    except RecipeError as error:
        faults += [
            Fault(each.message, where(node), f"accepted: {', '.join(each.accepted) or 'less'}")
            for each in error.faults
        ]
    else:
        return made
    return []


def _steps(node: Node) -> list[dict[str, Any]]:
    """The steps of one node.

    Raises:
        Refused: it is not honoured.
    """
    operator = node["operator"]
    convert = OPERATORS.get(operator)
    if convert is None:
        raise Refused(*_unknown(operator))
    trained = node.get("trained_parameters")
    return convert(node.get("parameters") or {}, trained if isinstance(trained, dict) else {})


def _unknown(operator: str) -> tuple[str, str]:
    name = operator.removeprefix(PREFIX) if hasattr(operator, "removeprefix") else operator
    for start, cure in REFUSED.items():
        if name.startswith(start):
            return f"{operator} is not honoured", cure
    known = ", ".join(sorted(each for each in OPERATORS))
    return f"{operator} is not honoured", f"leave it out; honoured are {known}"


def _nothing(_parameters: Any, _trained: Any) -> list[dict[str, Any]]:
    return []


Converter = Callable[[Mapping[str, Any], Mapping[str, Any]], "list[dict[str, Any]]"]
OPERATORS: dict[str, Converter] = {
    f"{PREFIX}infer_and_cast_type_0.1": _nothing,
    f"{PREFIX}cast_single_data_type_0.1": columns.cast,
    f"{PREFIX}manage_columns_0.1": columns.manage,
    f"{PREFIX}manage_rows_0.1": rows.manage,
    f"{PREFIX}handle_missing_0.1": cells.handle_missing,
    f"{PREFIX}handle_outliers_0.1": numbers.handle_outliers,
    f"{PREFIX}process_numeric_0.1": numbers.process,
    f"{PREFIX}encode_categorical_0.1": categories.encode,
    f"{PREFIX}format_string_0.1": cells.format_string,
    f"{PREFIX}search_and_edit_0.1": cells.search_and_edit,
    f"{PREFIX}split_0.1": _nothing,
}
"""What is honoured: types are told from the data, and parts by evaluate.holdout, in any case."""
SILENT = (f"{PREFIX}infer_and_cast_type_0.1",)
REFUSED = {
    "custom": "write it as steps under prepare.steps, or as a query under data.sources",
    "join": "join tables by a query under data.sources",
    "concatenate": "drop both files: files of a problem are united by column name",
    "balance": "judge by pr_auc or balanced_accuracy instead; copies of rows would leak",
    "smote": "judge by pr_auc or balanced_accuracy instead; copies of rows would leak",
    "featurize_text": "leave it out: prepare.text: tokenize does so",
    "featurize_date": "leave it out: dates become their parts by themselves",
    "time_series": "make these columns before the data are dropped",
    "sampling": "use the step sample_rows under prepare.steps",
}
"""What to use instead, by the beginning of an operator's name."""
