"""``problem.resolved.yaml``: the definition in force, every default written out."""

from __future__ import annotations

from typing import Any

import yaml

HEADER = """\
# The definition in force, with every default written out. Baton writes this file anew whenever a
# problem.yaml is accepted; to change anything, change problem.yaml and drop it again.
"""


class _Dumper(yaml.SafeDumper):
    """Writes out what is the same twice: problem.yaml has no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  (yaml's signature)
        return True


def to_yaml(document: dict[str, Any]) -> str:
    """A resolved definition as YAML, keys in the order of the contract.

    Reading it back as a problem.yaml gives the same document.
    """
    body: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return HEADER + body
