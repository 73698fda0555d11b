"""Every kind of step that a recipe may hold: its settings, what they accept, and what it learns.

A step is *proposed* while it holds settings alone, and *fitted* once ``fitted`` holds the
parameters that it found in the training rows, as plain JSON. Steps that learn nothing are ready as
they are. ``columns`` left empty means every column that the step suits.

Steps that are ``cellwise`` look at one row alone, and so are repeated on the records that are
served; the others add, drop or divide rows and concern the training table alone.
"""

from __future__ import annotations

from typing import Any

from science.recipe.cell_steps import (
    DATE_PARTS,
    READ_AS,
    Arrange,
    Cast,
    Concatenate,
    DateParts,
    DecodeImage,
    DuplicateColumn,
    FindReplace,
    FormatText,
    LeaveOut,
    MissingIndicator,
    NormaliseText,
    ParseTypes,
    Rename,
    SplitText,
    Tokenise,
    Trim,
    UnifyMissing,
)
from science.recipe.fitted_steps import (
    Encode,
    Impute,
    Normalise,
    Outliers,
    RareCategories,
    Standardise,
)
from science.recipe.row_steps import (
    TESTS,
    DropDuplicates,
    DropMissing,
    DropNearDuplicates,
    DropUnlabelled,
    FilterRows,
    SampleRows,
    Split,
)
from science.recipe.settings import LONGEST_TEXT, MOST_NAMES, Step, plain, settings_of

__all__ = [
    "DATE_PARTS",
    "KINDS",
    "LONGEST_TEXT",
    "MOST_NAMES",
    "READ_AS",
    "TESTS",
    "Arrange",
    "Cast",
    "Concatenate",
    "DateParts",
    "DecodeImage",
    "DropDuplicates",
    "DropMissing",
    "DropNearDuplicates",
    "DropUnlabelled",
    "DuplicateColumn",
    "Encode",
    "FilterRows",
    "FindReplace",
    "FormatText",
    "Impute",
    "LeaveOut",
    "MissingIndicator",
    "Normalise",
    "NormaliseText",
    "Outliers",
    "ParseTypes",
    "RareCategories",
    "Rename",
    "SampleRows",
    "Split",
    "SplitText",
    "Standardise",
    "Step",
    "Tokenise",
    "Trim",
    "UnifyMissing",
    "schema",
    "settings_of",
]

KINDS: dict[str, type[Step]] = {
    each.kind: each
    for each in (
        *(Trim, UnifyMissing, NormaliseText, Tokenise, FindReplace, FormatText, ParseTypes, Cast),
        *(MissingIndicator, DateParts, SplitText, Concatenate, Rename, DuplicateColumn, LeaveOut),
        *(Arrange, Impute, Outliers, RareCategories, Standardise, Normalise, Encode, DecodeImage),
        *(DropUnlabelled, DropMissing, DropDuplicates, DropNearDuplicates, FilterRows, SampleRows),
        Split,
    )
}
"""Every kind of step by its name."""


def schema() -> dict[str, dict[str, dict[str, Any]]]:
    """What each kind of step accepts, as plain JSON: settings by kind, and their bounds."""
    return {
        kind: {key: plain(dict(about)) for key, about in settings_of(step).items()}
        for kind, step in KINDS.items()
    }
