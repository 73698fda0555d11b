"""``problem.resolved.yaml``: the definition in force, every default written out."""

from __future__ import annotations

from typing import Any

import yaml

HEADER = """\
# The definition in force, with every default written out. Baton writes this file anew whenever a
# problem.yaml is accepted; to change anything, change problem.yaml and drop it again.
"""


def to_yaml(document: dict[str, Any]) -> str:
    """A resolved definition as YAML, keys in the order of the contract.

    Reading it back as a problem.yaml gives the same document.
    """
    body: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return HEADER + body
