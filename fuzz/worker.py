"""``python -m fuzz.worker TARGET [options of libFuzzer]``: one target under atheris, until told.

Runs in the environment that has atheris (requirements/fuzz.in). libFuzzer ends the process itself:
0 when all cases ran, 77 with the input kept in a file when one is a finding.
"""

from __future__ import annotations

import sys

import atheris

from fuzz.paths import make_importable
from fuzz.target import load, watched


def main(arguments: list[str]) -> None:
    """Fuzz the target named first."""
    make_importable()
    name, *options = arguments
    with atheris.instrument_imports(include=[*watched(name)]):
        target = load(name)
    atheris.Setup([sys.argv[0], f"-max_len={target.longest}", *options], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
