"""Writes the schemas and the catalogue of events from the code and the template.

`make catalogue` runs it; a contract test holds that running it again changes nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from events.wiring import DEFAULT_BUS, DEPLOYED, functions, rules, said_by
from lifecycle.events import CATALOGUE, SOURCE

if TYPE_CHECKING:
    from events.wiring import Rule
    from lifecycle.events import Event

FOLDER = Path(__file__).parent
DRAFT = "https://json-schema.org/draft/2020-12/schema"
METADATA = {
    "type": "object",
    "description": "Which event this is, what caused it, and which chain it belongs to.",
    "properties": {
        "event_id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "minimum": 1},
        "correlation_id": {"type": "string"},
        "causation_id": {"type": "string"},
        "occurred_at": {"type": "string", "format": "date-time"},
    },
    "required": ["event_id", "version", "correlation_id", "causation_id", "occurred_at"],
}
SERVICES = {"aws.s3": "S3", "aws.sagemaker": "SageMaker"}
SHOWN = {value: name for name, value in DEPLOYED.items() if not name.startswith("AWS::")}
"""What only a deployment names, shown by its name in the template."""


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON schema of an own event's envelope, as EventBridge delivers it."""
    data = event.model_json_schema(mode="serialization")
    definitions = data.pop("$defs", None)
    document = {
        "$schema": DRAFT,
        "title": event.detail_type,
        "description": _sentence(event),
        "type": "object",
        "properties": {
            "source": {"const": SOURCE},
            "detail-type": {"const": event.detail_type},
            "detail": {
                "type": "object",
                "properties": {"data": data, "metadata": METADATA},
                "required": ["data", "metadata"],
            },
        },
        "required": ["source", "detail-type", "detail"],
    }
    return document | ({"$defs": definitions} if definitions else {})


def catalogue() -> str:
    """The page that says, for every event, who says it and who hears it."""
    lines = [
        "# Events",
        "",
        "Written by `make catalogue` from `lifecycle/events.py`, `functions/` and `template.yaml`;",
        "a test holds it to them.",
        "",
        "## Own events",
        "",
        f'On the stack\'s bus, source `"{SOURCE}"`. Those with an alert are also told to people.',
        "",
        "| event | what it says | said by | heard by | alert |",
        "|---|---|---|---|---|",
        *(_own_row(event) for event in CATALOGUE.values()),
        "",
        "## What comes from outside",
        "",
        "| what happens | only if | heard by |",
        "|---|---|---|",
        *(_outside_row(rule) for rule in rules() if rule.bus == DEFAULT_BUS),
        *_streams(),
    ]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """Every generated file and what must be in it."""
    schemas = {
        FOLDER / "lifecycle" / f"{name}.schema.json": json.dumps(schema(event), indent=2) + "\n"
        for name, event in CATALOGUE.items()
    }
    return {**schemas, FOLDER / "catalogue.md": catalogue()}


def _sentence(event: type[Event]) -> str:
    return (event.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def _own_row(event: type[Event]) -> str:
    name = event.detail_type
    said = [item.folder for item in functions().values() if name in said_by(item.folder)]
    heard = [
        functions()[rule.function].folder + _condition(rule.pattern.get("detail", {}), "data")
        for rule in rules()
        if name in rule.pattern.get("detail-type", ())
    ]
    shown = f"[{name}](lifecycle/{name}.json) ([schema](lifecycle/{name}.schema.json))"
    cells = [shown, _sentence(event), _list(said), _list(heard), event.severity or ""]
    return f"| {' | '.join(cells)} |"


def _outside_row(rule: Rule) -> str:
    folder = f"`{functions()[rule.function].folder}`"
    if rule.schedule:
        return f"| the clock, `{rule.schedule}` | | {folder} |"
    service = SERVICES.get(rule.pattern["source"][0], rule.pattern["source"][0])
    kinds = ", ".join(rule.pattern["detail-type"])
    what = kinds if kinds.startswith(service) else f"{service} {kinds}"
    return f"| {what} | {_condition(rule.pattern['detail']).strip(' ()')} | {folder} |"


def _streams() -> list[str]:
    return [
        f"| records on the Kinesis stream | | `{item.folder}` |"
        for item in functions().values()
        for source in item.properties.get("Events", {}).values()
        if source["Type"] == "Kinesis"
    ]


def _condition(detail: dict[str, Any], inside: str = "") -> str:
    """A rule's content filter, as ` (key: pattern)`."""
    filters = dict(_leaves(detail.get(inside, {}) if inside else detail))
    if not filters:
        return ""
    return " (" + "; ".join(f"{name}: {value}" for name, value in filters.items()) + ")"


def _leaves(detail: dict[str, Any], path: str = "") -> list[tuple[str, str]]:
    found = []
    for name, value in detail.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            found += _leaves(value, here)
        else:
            found.append((f"`{here}`", " or ".join(_matcher(item) for item in value)))
    return found


def _matcher(item: Any) -> str:
    if not isinstance(item, dict):
        return f"`{SHOWN.get(item, item)}`"
    ((kind, value),) = item.items()
    if kind == "exists":
        return "present" if value else "absent"
    return f"{kind} `{value}`" if kind != "wildcard" else f"`{value}`"


def _list(names: list[str]) -> str:
    return ", ".join(
        f"`{name.split(' ', 1)[0]}`{name[len(name.split(' ', 1)[0]) :]}" for name in names
    )


def main() -> None:
    """Write every generated file."""
    for path, text in files().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
