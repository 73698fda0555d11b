"""A job unpickles nothing, and an endpoint nothing while it loads its model.

CPython raises the auditing event ``pickle.find_class`` before a pickle may name anything to call
(Library Reference, "Audit events table"); a hook that raises stops it there.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import Any, Iterator

from serving_package import PackageMismatchError

_state = {"hooked": False, "closed": 0}


def refuse_pickles() -> None:
    """Refuse them from now on, for as long as the process runs."""
    _hook()
    _state["closed"] += 1


@contextmanager
def no_pickles() -> Iterator[None]:
    """Refuse them inside the block: a container's own toolkit may do as it likes outside of it."""
    _hook()
    _state["closed"] += 1
    try:
        yield
    finally:
        _state["closed"] -= 1


def _hook() -> None:
    """A hook cannot be taken out again, so there is one."""
    if not _state["hooked"]:
        _state["hooked"] = True
        sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class" and _state["closed"]:
        module, name = (str(each) for each in arguments[:2])
        raise PackageMismatchError(f"a pickle asks for {module}.{name}; none is loaded here")
