"""Search expressions held against documents: properties by path, operators, nesting.

Types SearchExpression, Filter and NestedFilters of the Search API.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.sagemaker.api.errors import ValidationException

if TYPE_CHECKING:
    from collections.abc import Iterator

type Document = dict[str, Any]
type Scalar = str | float | bool

MOST_CONDITIONS = 50
_ORDERED = {
    "GreaterThan": lambda one, two: one > two,
    "GreaterThanOrEqualTo": lambda one, two: one >= two,
    "LessThan": lambda one, two: one < two,
    "LessThanOrEqualTo": lambda one, two: one <= two,
}
_VALUES = ("NumberValue", "StringValue", "Value")
_NAMED = (("Key", "Value"), ("MetricName", "Value"))


def matches(expression: Document, document: Document) -> bool:
    """Tell whether a document satisfies a search expression."""
    found: list[bool] = [satisfies(item, document) for item in expression.get("Filters", [])]
    found += [_nested(item, document) for item in expression.get("NestedFilters", [])]
    found += [matches(item, document) for item in expression.get("SubExpressions", [])]
    return any(found) if expression.get("Operator") == "Or" else all(found)


def check(expression: Document, known: set[str]) -> None:
    """Refuse an expression that is empty, too long, or names a property that does not exist.

    Args:
        expression: The search expression.
        known: The resource's property names.

    Raises:
        ValidationException: Saying which.
    """
    names = list(_names(expression))
    if len(names) > MOST_CONDITIONS:
        raise ValidationException(f"A SearchExpression can have {MOST_CONDITIONS} conditions.")
    for name in names:
        check_name(name, known)


def check_name(name: str, known: set[str]) -> None:
    """Refuse a property that a resource does not have; raises `ValidationException`."""
    if name.partition(".")[0] not in known:
        raise ValidationException(f"Unknown property name: {name}")


def satisfies(condition: Document, document: Document) -> bool:
    """Tell whether a document satisfies one filter.

    Raises:
        ValidationException: When the filter has no Value that its operator needs, or its operator
            does not go with text.
    """
    text = condition.get("Value")
    name, operator = condition["Name"], condition.get("Operator", "Equals" if text else "Exists")
    values = list(values_at(document, name))
    if operator in {"Exists", "NotExists"}:
        return (len(values) > 0) is (operator == "Exists")
    if text is None:
        raise ValidationException(f"The filter on {name} needs a Value for {operator}.")
    if operator == "NotEquals":
        return not any(_equal(value, text) for value in values)
    if operator == "Equals":
        return any(_equal(value, text) for value in values)
    if operator == "In":
        options = [option.strip() for option in text.split(",")]
        return any(_equal(value, option) for value in values for option in options)
    if operator == "Contains":
        return any(text.lower() in _text(value).lower() for value in values)
    return any(_compare(operator, name, value, text) for value in values)


def sort_key(document: Document, name: str) -> tuple[int, Any]:
    """What to sort documents by: numbers before texts, those without the property first."""
    value = next(iter(values_at(document, name)), None)
    if value is None:
        return (0, 0)
    return (1, float(value)) if isinstance(value, (bool, int, float)) else (2, _text(value))


def values_at(value: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path; lists are passed through, keys may contain dots.

    `Tags.owner` is the value of that tag, `Metrics.auc` a training job's metric, `Metrics.auc.max`
    a statistic of a trial component's, `Parameters.rate` the number or text of a parameter.
    """
    if not path:
        yield from _leaves(value)
    elif isinstance(value, list):
        for item in value:
            yield from _in_item(item, path)
    elif isinstance(value, dict):
        for key, below in value.items():
            rest = _rest(path, key)
            if rest is not None:
                yield from values_at(below, rest)


def _in_item(item: Any, path: str) -> Iterator[Any]:
    if not isinstance(item, dict):
        return
    for name, member in _NAMED:
        rest = _rest(path, item[name]) if isinstance(item.get(name), str) else None
        if rest is None:
            continue
        if rest:
            lowered = {key.lower(): below for key, below in item.items()}
            if rest.lower() in lowered:
                yield lowered[rest.lower()]
        else:
            yield item.get(member, item.get("Last"))
    yield from values_at(item, path)


def _rest(path: str, key: str) -> str | None:
    """What is left of a path behind a key; None when it does not begin with it."""
    if path == key:
        return ""
    return path[len(key) + 1 :] if path.startswith(f"{key}.") else None


def _leaves(value: Any) -> Iterator[Any]:
    if value is None:
        return
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict) and (held := [name for name in _VALUES if name in value]):
        yield value[held[0]]
    else:
        yield value


def _nested(condition: Document, document: Document) -> bool:
    """One item of a list must satisfy all of the filters."""
    outer = condition["NestedPropertyName"]
    filters = [
        item | {"Name": item["Name"].removeprefix(f"{outer}.")} for item in condition["Filters"]
    ]
    items: Any = document
    for part in outer.split("."):
        items = items.get(part) if isinstance(items, dict) else None
    listed = items if isinstance(items, list) else [items] if items else []
    return any(all(satisfies(item, each) for item in filters) for each in listed)


def _names(expression: Document) -> Iterator[str]:
    if not any(expression.get(part) for part in ("Filters", "NestedFilters", "SubExpressions")):
        raise ValidationException(
            "A SearchExpression needs at least one of Filters, NestedFilters and SubExpressions."
        )
    for item in expression.get("Filters", []):
        yield item["Name"]
    for item in expression.get("NestedFilters", []):
        yield item["NestedPropertyName"]
    for item in expression.get("SubExpressions", []):
        yield from _names(item)


def _equal(value: Any, text: str) -> bool:
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, (int, float)):
        return _number(text) == value
    return _text(value) == text


def _compare(operator: str, name: str, value: Any, text: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValidationException(f"{operator} is not supported for the text property {name}.")
    number = _number(text)
    if math.isnan(number):
        raise ValidationException(f"{text!r} is neither a number nor a time, as {name} is.")
    return bool(_ORDERED[operator](value, number))


def _number(text: str) -> float:
    """A number, or the seconds since the epoch of an ISO 8601 time (UTC if it says nothing)."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
