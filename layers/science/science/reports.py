"""Reports for people: one HTML page each, whole in itself.

No script runs and nothing is fetched, so a page can be kept, mailed and opened anywhere. Pictures
are inline SVG (``science.charts``); the style follows the reader's light or dark theme.
"""

from __future__ import annotations

import json
import math
import pkgutil
from datetime import datetime, time, timezone
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FunctionLoader, Undefined

from science import charts

NAMES = ("profile", "cleaning", "training", "evaluation", "bias", "explanation", "drift", "schema")
"""The reports; one more, ``cost``, is the control layer's."""


def render(name: str, document: dict[str, Any]) -> str:
    """A report as an HTML page.

    Args:
        name: one of ``NAMES``.
        document: the same report's JSON document.

    Raises:
        ValueError: there is no such report.
    """
    if name not in NAMES:
        raise ValueError(f"no report is called {name!r}; there are {', '.join(NAMES)}")
    return _environment().get_template(f"{name}.html").render(report=document, name=name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        autoescape=True,
        loader=FunctionLoader(_source),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        figure=figure,
        percent=percent,
        whole=whole,
        words=words,
        size=size,
        number=number,
        points=points,
        triples=triples,
        powers=powers,
        moment=moment,
        cell=cell,
        step=step,
    )
    made.globals.update(charts=charts)
    return made


def _source(name: str) -> str:
    """A template's text, from a folder or from inside a zip archive."""
    found = pkgutil.get_data("science", f"templates/{name}")
    if found is None:
        raise FileNotFoundError(name)
    return found.decode()


def figure(value: Any) -> str:
    """A number with four digits that tell something; a dash for none."""
    if value is None or isinstance(value, Undefined):
        return "–"
    if isinstance(value, float) and not math.isfinite(value):
        return "–" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1e4:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(value: Any) -> str:
    """A share as a percentage."""
    return "–" if value is None or isinstance(value, Undefined) else f"{value:.1%}"


def whole(value: Any) -> str:
    """A count with its thousands parted."""
    return "–" if value is None or isinstance(value, Undefined) else f"{int(value):,}"


def words(value: Any) -> str:
    """A name from a document as people write it: ``roc_auc`` is ROC AUC."""
    known = {"auc": "AUC", "roc": "ROC", "pr": "PR", "f1": "F1", "r2": "R²", "mae": "MAE"}
    known |= {"rmse": "RMSE"}
    return " ".join(known.get(word, word) for word in str(value).split("_"))


def size(value: Any) -> str:
    """Bytes in a unit that fits."""
    number = float(value)
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def number(value: Any) -> Any:
    """A number written as text; None stays."""
    return None if value is None else float(value)


def points(rows: list[dict[str, Any]], across: str, up: str) -> list[list[float]]:
    """Two keys of each row, as points of a curve."""
    return [[row[across], row[up]] for row in rows]


def triples(
    rows: list[dict[str, Any]], name: str, value: str, share: str
) -> list[tuple[str, float, str]]:
    """Three keys of each row, as bars: name, value, and a share as text."""
    return [(str(row[name]), float(row[value]), percent(row[share])) for row in rows]


def moment(value: Any) -> str:
    """Seconds since 1970 as a date, with its time where it has one."""
    if value is None or isinstance(value, Undefined):
        return "–"
    try:
        told = datetime.fromtimestamp(float(value), tz=timezone.utc)
    except (OverflowError, OSError, ValueError):
        return figure(value)
    return told.strftime("%Y-%m-%d" if told.time() == time() else "%Y-%m-%d %H:%M")


def cell(value: Any, kind: str = "") -> str:
    """A cell as people read it: dates as dates, numbers with few digits, none as a dash."""
    if kind == "date" and isinstance(value, (int, float)):
        return moment(value)
    return figure(value)


def step(value: Any) -> str:
    """A recipe step as one line that can be pasted into problem.yaml."""
    return json.dumps(value, ensure_ascii=False)


def powers(columns: list[dict[str, Any]]) -> list[tuple[str, float, str]]:
    """The columns that tell most of the target on their own, as bars."""
    told = [(column["name"], float(column["power"]["value"])) for column in columns]
    ranked = sorted(told, key=lambda item: -item[1])[:15]
    return [(name, value, figure(value)) for name, value in ranked]
