"""Hypothesis strategies: messy tables, and recipes that fit them."""

from __future__ import annotations

from hypothesis import strategies as some

SCHEMA = {
    "_row_": "whole",
    "_part_": "text",
    "name": "text",
    "level": "text",
    "written": "text",
    "born": "text",
    "size": "number",
    "price": "number",
    "count": "whole",
    "flag": "boolean",
}
TEXTS = ["name", "level", "written", "born"]
NUMBERS = ["size", "price", "count"]

ODD = ["", " ", "NA", " n/a ", "NULL", "?", "-", "É", "e\u0301", "ﬁne", "İstanbul", "ΣΑΣ", "ß"]
ODD += ["a,b,,c", "x--y", "O'Brien", 'say "hi"', "back\\slash", "$1 \\1", "%_", "tab\there"]
ODD += [
    "日本 語",
    "😀 ok",
    "\u00a0nbsp\u00a0",
    "ＡＢＣ１２",
    "a.b*c",
    "line\nbreak",
    "z\u0300\u0301",
]
NUMERIC = ["1", "1.0", " 2 ", "-0.0", "1e3", "9007199254740993", "123456789012345678901", "inf"]
NUMERIC += ["NaN", "-inf", ".5", "5.", "1_000", "0x10", "1d", "$1,234.50", "(12)", "12 %", "1,5"]
NUMERIC += [
    "9223372036854775807",
    "9223372036854775808",
    "1e400",
    "1.75e308",
    "007",
    "+3",
    "4e-320",
]
DATES = ["2024-05-31", "1969-12-31 23:59:59", "31 May 2024", "May 31, 2024", "2024-02-30"]
DATES += ["2024-05-31T12:30:00Z", "2024-05-31T12:30:00+02:00", "0001-01-01", "9999-12-31", "soon"]
DATES += ["2024-1-5", "20240531", "31/12/99", "12:30 pm"]
WORDS = ["red", "Red ", "blue", "green", "yes", "No", "true", "0"]

CELLS = some.one_of(
    some.none(),
    some.sampled_from(ODD),
    some.text(
        alphabet=some.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=6
    ),
)
FINITE = some.one_of(
    some.integers(-5, 5).map(float),
    some.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
    some.sampled_from([0.1, 1 / 3, 1e-7, 123456.789, -0.0, 0.5, 2.5]),
)
DOUBLES = some.one_of(
    some.none(), FINITE, FINITE, some.sampled_from([float("nan"), float("inf"), float("-inf")])
)
WHOLES = some.one_of(
    some.none(), some.integers(-9, 9), some.sampled_from([2**53 + 1, -(2**63), 2**63 - 1])
)
SMALL_WHOLES = some.one_of(some.none(), some.integers(-9, 9))
PARTS = some.sampled_from(["train", "train", "train", "validation", "holdout"])


def rows_of(wholes=WHOLES):
    """Rows in the order of ``SCHEMA``, numbered later."""
    return some.tuples(
        PARTS,
        CELLS,
        some.one_of(some.none(), some.sampled_from(WORDS)),
        some.one_of(some.none(), some.sampled_from(NUMERIC)),
        some.one_of(some.none(), some.sampled_from(DATES)),
        DOUBLES,
        DOUBLES,
        wholes,
        some.one_of(some.none(), some.booleans()),
    )


def tables(wholes=WHOLES):
    """Tables of up to 25 rows, of which some occur twice."""
    return some.lists(rows_of(wholes), min_size=1, max_size=18).flatmap(
        lambda rows: some.lists(some.sampled_from(rows), max_size=7).map(
            lambda again: [[at, *row] for at, row in enumerate([*rows, *again])]
        )
    )


def step(kind, **settings):
    """A strategy for one step; settings that are no strategies stay as they are."""
    chosen = {
        key: value if isinstance(value, some.SearchStrategy) else some.just(value)
        for key, value in settings.items()
    }
    return some.fixed_dictionaries({"step": some.just(kind), **chosen})


def columns(names, least=1):
    """Some of these columns."""
    return some.lists(some.sampled_from(names), min_size=least, max_size=3, unique=True)


def one_of(*values):
    """One of these values."""
    return some.sampled_from(values)


READINGS = some.fixed_dictionaries(
    {
        "written": some.fixed_dictionaries(
            {"as": some.just("number"), "decimal": one_of(None, ".", ",")}
        ),
        "born": some.fixed_dictionaries(
            {
                "as": some.just("date"),
                "formats": some.lists(
                    one_of("ymd", "mdy", "dmy", "d month y", "month d y", "compact", "clock"),
                    min_size=1,
                    max_size=3,
                    unique=True,
                ),
            }
        ),
    }
)
CELL_STEPS = [
    step(
        "trim",
        columns=columns(TEXTS),
        characters=one_of("", "a ", "-."),
        side=one_of("both", "left", "right"),
    ),
    step("unify_missing", columns=columns(TEXTS), spellings=some.just(["red", "0"])),
    step(
        "normalise_text",
        columns=columns(["name", "level", "flag", "count"]),
        form=one_of("NFKC", "NFC", "keep"),
        case=one_of("lower", "upper", "title", "keep"),
        accents=one_of("keep", "strip"),
        spaces=one_of("collapse", "remove", "keep"),
        punctuation=one_of("keep", "remove"),
    ),
    step("tokenise", columns=some.just(["name"])),
    step(
        "find_replace",
        columns=columns(TEXTS),
        find=one_of("a", "e", "-", "$", "\\", "é"),
        replace=one_of("", "$1", "\\0", "ü"),
    ),
    step(
        "find_replace",
        columns=columns(TEXTS),
        find=one_of("red", "O'Brien", "?"),
        replace=one_of("", "b'c"),
        match="whole",
    ),
    step(
        "find_replace",
        columns=columns(TEXTS),
        find=one_of(r"\d+", "[a-e]", r"^\w", ".$", r"\s", "(ab|b)+"),
        replace=one_of("", "<$1>", "\\1"),
        match="pattern",
    ),
    step("format_text", columns=columns(TEXTS), start=one_of(0, 1, 3), length=one_of(2, 5)),
    step(
        "format_text",
        columns=columns(TEXTS),
        width=one_of(4, 9),
        fill=one_of("0", "é"),
        align=one_of("left", "right", "center"),
        prefix=one_of("", "<'"),
        suffix=one_of("", "\\"),
    ),
    step("parse_types", columns=READINGS),
    step(
        "cast",
        columns=columns(["written", "level", "size", "price", "count", "flag"]),
        to=one_of("text", "number", "whole", "boolean"),
    ),
    step("cast", columns=some.just(["born"]), to=some.just("date")),
    step("missing_indicator", columns=columns(["name", "size", "flag"])),
    step(
        "date_parts",
        columns=some.just(["born"]),
        parts=some.just(
            ["year", "month", "day", "weekday", "day_of_year", "hour", "minute_of_day"]
        ),
    ),
    step(
        "split_text",
        column="name",
        separator=one_of(",", " ", "--", "."),
        into=one_of(["one"], ["one", "two"]),
    ),
    step(
        "concatenate",
        columns=columns(["name", "level", "count", "size", "flag"]),
        separator=one_of(" ", "'"),
        into="joined",
    ),
    step("rename", names=some.just({"name": "Title"})),
    step("duplicate_column", column=one_of("name", "size"), into="twin"),
    step("leave_out", columns=columns(["flag", "level"])),
    step("arrange", columns=columns(["size", "born", "flag"])),
]
FIT_STEPS = [
    step(
        "impute",
        columns=columns(["size", "price", "count", "written"]),
        method=one_of("median", "mean", "mode"),
    ),
    step("impute", columns=columns(["name", "level", "flag", "size"]), method="mode"),
    step(
        "impute",
        columns=columns(["name", "size", "count"]),
        method="constant",
        value=one_of(0, "none", 1.5, True),
    ),
    step(
        "impute",
        columns=columns(["size", "price"]),
        method="group",
        group=one_of("level", "flag"),
        statistic=one_of("median", "mean", "mode"),
    ),
    step("impute", columns=columns(["size", "price"]), method="model"),
    step(
        "outliers",
        columns=columns(["size", "price", "count"]),
        method=one_of("iqr", "robust_zscore"),
        action=one_of("clip", "null", "drop"),
        factor=one_of(0.5, 1.5),
    ),
    step(
        "outliers",
        columns=columns(["size", "price"]),
        method=one_of("zscore", "quantile"),
        action=one_of("clip", "null", "drop"),
        factor=one_of(0.7, 2),
        share=one_of(0.1, 0.25),
    ),
    step(
        "outliers",
        columns=columns(["size", "price"]),
        method="bounds",
        action=one_of("clip", "null", "drop"),
        low=one_of(-3, 0),
        high=one_of(2, 100.5),
    ),
    step(
        "outliers",
        columns=some.just(["size", "price", "count"]),
        method="isolation",
        action=one_of("null", "drop"),
        share=one_of(0.1, 0.3),
    ),
    step(
        "rare_categories",
        columns=columns(["level", "name", "count"]),
        share=one_of(0.0, 0.1, 0.3),
        count=one_of(1, 2),
    ),
    step(
        "standardise",
        columns=columns(["size", "price", "count"]),
        center=one_of("mean", "median", "none"),
        scale=one_of("deviation", "iqr", "none"),
    ),
    step("normalise", columns=columns(["size", "price", "count"]), by=one_of("min_max", "max_abs")),
    step(
        "encode",
        columns=columns(["level", "name", "flag"]),
        method=one_of("one_hot", "ordinal", "frequency"),
        most=one_of(2, 100),
    ),
]
ROW_STEPS = [
    step("drop_missing", columns=columns(["name", "size", "flag"]), when=one_of("any", "all")),
    step("drop_duplicates", columns=columns(["name", "level", "size", "count", "flag"])),
    step(
        "drop_near_duplicates",
        columns=columns(["name", "level", "size", "written"]),
        digits=one_of(1, 4),
    ),
    step("drop_unlabelled", target=one_of("level", "flag")),
    step(
        "filter_rows",
        column=one_of("size", "count"),
        test=one_of("less", "greater", "at_most", "at_least", "equals", "differs"),
        value=one_of(0, 2.5),
    ),
    step(
        "filter_rows",
        column=one_of("name", "level"),
        test=one_of("equals", "differs", "contains"),
        value=one_of("red", "a", "-"),
    ),
    step("filter_rows", column="flag", test=one_of("equals", "differs"), value=some.booleans()),
    step("filter_rows", column="name", test=one_of("missing", "present")),
    step("sample_rows", share=one_of(0.3, 0.7)),
]


def recipes(*kinds):
    """Recipes of up to three steps of these kinds."""
    choices = [each for kind in kinds for each in kind]
    return some.lists(some.one_of(*choices), min_size=1, max_size=3)
