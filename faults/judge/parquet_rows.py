"""How many rows a Parquet file has, by its footer alone.

A file ends with its metadata in Thrift's compact protocol, the length of that in four bytes, and
``PAR1``; field 3 of the metadata is the number of rows (apache/parquet-format, ``README.md`` and
``parquet.thrift``; apache/thrift, ``thrift-compact-protocol.md``).
"""

from __future__ import annotations

MAGIC = b"PAR1"
TAIL_BYTES = 8
ROWS_FIELD = 3
STOP, TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12
INTEGERS = (4, 5, 6)
LONG_LIST = 15


class NotParquetError(ValueError):
    """The bytes are no end of a Parquet file."""


def row_count(end: bytes) -> int:
    """The number of rows of the file that ends with these bytes.

    Args:
        end: the last bytes of the file, its footer at least.

    Raises:
        NotParquetError: they are no such end, or too short to hold the footer.
    """
    length = int.from_bytes(end[-TAIL_BYTES:-4], "little")
    if end[-4:] != MAGIC or length > len(end) - TAIL_BYTES:
        raise NotParquetError(f"{len(end)} bytes hold no footer of {length}")
    footer = _Compact(end[len(end) - TAIL_BYTES - length : -TAIL_BYTES])
    try:
        return footer.integer_field(ROWS_FIELD)
    except IndexError as error:
        raise NotParquetError("the footer breaks off") from error


class _Compact:
    """Reads one struct of Thrift's compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def integer_field(self, wanted: int) -> int:
        """The value of an integer field of the struct at hand."""
        number = 0
        while (head := self._byte()) != STOP:
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            if number == wanted and kind in INTEGERS:
                return self._zigzag()
            self._skip(kind)
        raise NotParquetError(f"the footer has no field {wanted}")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            part = self._byte()
            value |= (part & 127) << shift
            if part < 128:
                return value
            shift += 7

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, kind: int) -> None:
        if kind in {TRUE, FALSE}:
            return
        if kind == BYTE:
            self._at += 1
        elif kind in INTEGERS:
            self._varint()
        elif kind == DOUBLE:
            self._at += 8
        elif kind == BINARY:
            size = self._varint()
            self._at += size
        elif kind in {LIST, SET}:
            self._skip_list()
        elif kind == MAP:
            self._skip_map()
        elif kind == STRUCT:
            self._skip_struct()
        else:
            raise NotParquetError(f"the footer has a field of the unknown type {kind}")

    def _skip_list(self) -> None:
        head = self._byte()
        count = self._varint() if head >> 4 == LONG_LIST else head >> 4
        for _ in range(count):
            self._skip_item(head & 15)

    def _skip_map(self) -> None:
        count = self._varint()
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._skip_item(kinds >> 4)
            self._skip_item(kinds & 15)

    def _skip_item(self, kind: int) -> None:
        """Inside a container a truth value has a byte of its own."""
        self._skip(BYTE if kind in {TRUE, FALSE} else kind)

    def _skip_struct(self) -> None:
        while (head := self._byte()) != STOP:
            if not head >> 4:
                self._zigzag()
            self._skip(head & 15)
