"""A deployed function unpickles nothing: whatever tries ends in an error, in whichever library.

CPython raises the auditing event ``pickle.find_class`` before a pickle may name anything to call
(Library Reference, "Audit events table"); a hook that raises stops it there. A pickle that names
nothing is plain data and can run nothing.
"""

from __future__ import annotations

import os
import sys
from typing import Any


class PickleRefusedError(RuntimeError):
    """Something asked to unpickle an object."""


def refuse_pickles() -> None:
    """Refuse them for as long as the process runs; a hook cannot be taken out again."""
    sys.addaudithook(_refuse)


def refuse_pickles_where_deployed() -> None:
    """The same inside Lambda, whose processes run nothing but one function."""
    if os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        refuse_pickles()


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        module, name = (str(each) for each in arguments[:2])
        raise PickleRefusedError(f"a pickle asks for {module}.{name}; none is loaded here")
