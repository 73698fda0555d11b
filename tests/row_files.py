"""Files of rows and documents, for tests that hold those of two engines equal.

Engines add numbers up in orders of their own, so floats are equal to 1e-9 of their size.
"""

import io
import json
import math
import re

from pyarrow import parquet


def rows_of(body: bytes) -> tuple[list[str], list[dict]]:
    """The columns with their types, and the rows in order; NaN reads as None."""
    table = parquet.read_table(io.BytesIO(body))
    columns = [f"{field.name}: {field.type}" for field in table.schema]
    rows = table.to_pylist()
    return columns, [{name: _comparable(value) for name, value in row.items()} for row in rows]


def _comparable(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


NUMBER = re.compile(r"(-?\d+\.\d+(?:e[+-]?\d+)?)")


def differences(left, right, place=""):
    """Where two results differ: texts and whole numbers at all, floats by more than 1e-9."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return [
            each for key in left for each in differences(left[key], right[key], f"{place}.{key}")
        ]
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        if len(left) != len(right):
            return [f"{place}: {len(left)} and {len(right)} of them: {left} and {right}"]
        pairs = enumerate(zip(left, right, strict=True))
        return [each for at, pair in pairs for each in differences(*pair, f"{place}[{at}]")]
    if isinstance(left, float) and isinstance(right, float):
        alike = math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    else:
        alike = type(left) is type(right) and left == right
    return [] if alike else [f"{place}: {left!r} and {right!r}"]


def file_differences(name: str, left: bytes, right: bytes) -> list[str]:
    """Where two files differ, as `differences` has it: Parquet, JSON or text with numbers.

    A document's own digest says whether it is the same to the last bit, which is not asked here.
    """
    if name.endswith(".parquet"):
        return differences(rows_of(left), rows_of(right), name)
    if name.endswith((".json", ".flow")):
        return differences(_parts(json.loads(left)), _parts(json.loads(right)), name)
    return differences(_parts(left.decode()), _parts(right.decode()), name)


def _parts(value: object) -> object:
    """A document with its texts cut at their decimal numbers, such as those of SQL."""
    if isinstance(value, str):
        pieces = enumerate(NUMBER.split(value))
        return [float(piece) if number % 2 else piece for number, piece in pieces]
    if isinstance(value, list):
        return [_parts(each) for each in value]
    if isinstance(value, dict):
        return {name: _parts(each) for name, each in value.items() if name != "digest"}
    return value
