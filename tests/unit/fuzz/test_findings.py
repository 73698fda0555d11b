"""What fuzzing found, each as a test of its own: the input, and the words that it is refused in."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
from hashlib import md5
from types import SimpleNamespace

import pytest

from aggregated import MARK, records_in
from fuzz.targets.requests import read_request_bytes
from ingest_records import cut
from lifecycle.cause import parse_cause
from lifecycle.errors import MalformedEventError
from local.sagemaker.api.errors import ValidationException
from local.sagemaker.api.rest import _typed
from local.sagemaker.api.service_models import operation_model
from local.sagemaker.api.validation import validate
from local.sagemaker.containers.serving import model_archive
from local.sagemaker.jobs import source_archives
from science.embeddings.weights import UnusableEncoder, convert
from science.flow.nodes import FlowRefused
from science.flow.reading import read
from science.readers.unreadable import Limits
from science.tables import UnreadableFile, _written, ingest, ingest_with
from serving_package import MANIFEST, PackageMismatchError, unpack, verify

DIGITS = "9" * 5000


def test_a_number_of_thousands_of_digits_is_set_aside_and_the_stream_goes_on():
    """Python refuses to read it with an error that is none of JSON's."""
    raw = base64.b64encode(b'{"problem": "churn", "record": {"a": %s}}' % DIGITS.encode())
    ((_, _, owner, fault),) = cut([{"kinesis": {"sequenceNumber": "1", "data": raw.decode()}}])[
        0
    ].contents
    assert owner == "unknown"
    assert "not JSON" in fault.message


def test_a_length_of_endless_bytes_in_packed_records_is_refused_at_once():
    """A number of a protocol buffer has ten bytes at most; it was summed up as far as it went."""
    buffer = b"\x1a" + b"\xff" * 1_000_000
    data = MARK + buffer + md5(buffer, usedforsecurity=False).digest()
    with pytest.raises(ValueError, match="cut off"):
        records_in(data)


@pytest.mark.parametrize(
    ("envelope", "told"),
    [
        ([], "AttributeError"),
        ({"source": ["x"]}, "TypeError"),
        ({"source": "aws.s3", "detail-type": "Object Created"}, "KeyError"),
        (
            {
                "source": "baton",
                "detail-type": "ProblemDefined",
                "detail": {"data": {"problem": {"secret": "ann@example.com"}}, "metadata": {}},
            },
            "problem: string_type",
        ),
    ],
    ids=["list", "source", "detail", "own"],
)
def test_an_event_without_its_form_is_refused_and_no_value_of_it_told(envelope, told):
    with pytest.raises(MalformedEventError, match=told) as refused:
        parse_cause(envelope)
    assert "ann@example.com" not in str(refused.value)


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b'{"sha256": ["a"]}', b'{"sha256": {"a": 1}}', b'{"sha256": {"../a": ""}}'],
)
def test_a_package_whose_manifest_is_none_is_not_loaded(tmp_path, manifest):
    (tmp_path / MANIFEST).write_bytes(manifest)
    with pytest.raises(PackageMismatchError, match="unproven"):
        verify(tmp_path)


def test_an_archive_that_breaks_inside_its_compression_is_refused(tmp_path):
    """What `zlib` raises is no error of `tarfile`."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        entry = tarfile.TarInfo("a")
        entry.size = 100_000
        archive.addfile(entry, io.BytesIO(bytes(range(250)) * 400))
    packed = bytearray(gzip.compress(body.getvalue(), mtime=0))
    packed[len(packed) // 2 :] = b"\xff" * 200
    path = tmp_path / "model.tar.gz"
    path.write_bytes(packed)
    with pytest.raises(PackageMismatchError):
        unpack(path, tmp_path / "package")
    with pytest.raises(model_archive.BadArchiveError):
        model_archive.unpack(path, tmp_path / "model")
    with pytest.raises(UnusableEncoder):
        convert(path, tmp_path / "encoder.npz")


@pytest.mark.parametrize(
    "names",
    [["./."], ["a", "a/b"], ["a/b", "a"], ["n" * 300]],
    ids=["dot", "file", "folder", "long"],
)
def test_code_whose_names_cannot_be_written_is_refused(tmp_path, names):
    """The system's error would have been taken for one of the machine's."""
    path = tmp_path / "code.tar"
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    (tmp_path / "out").mkdir()
    with pytest.raises(source_archives.ArchiveError, match="cannot be written"):
        source_archives.unpack(path, tmp_path / "out")


@pytest.mark.parametrize("files", [b"{", b"[]", b'{"model_type": "bert", "hidden_act": "gelu"}'])
def test_an_encoder_with_a_damaged_file_is_refused(tmp_path, files):
    path = tmp_path / "encoder.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in (("config.json", files), ("model.safetensors", b"12")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with pytest.raises(UnusableEncoder, match="damaged"):
        convert(path, tmp_path / "encoder.npz")


def test_a_node_whose_parameters_are_a_list_is_told_by_its_name():
    node = {"node_id": "n", "type": "TRANSFORM", "operator": "x", "parameters": [1]}
    with pytest.raises(FlowRefused, match="no mapping"):
        read(json.dumps({"metadata": [1], "nodes": [node]}))


@pytest.mark.parametrize(
    "content", ["[" * 100_000, f'{{"a": {DIGITS}}}\n[]\n'], ids=["deep", "long"]
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_beyond_what_python_reads_is_refused_as_a_file(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(UnreadableFile):
        ingest(tmp_path / name, name, tmp_path / "out.parquet")


def test_a_refusal_whose_words_are_cut_inside_a_character_is_a_refusal(tmp_path):
    """DuckDB cuts the object that it quotes by the byte: one of three is cut inside a letter."""
    for before in range(3):
        text = "x" * before + "ᗤ" * 40
        (tmp_path / "a.json").write_text(f'[{{"b": "{text}", "b": 1}}]', encoding="utf-8")
        with pytest.raises(UnreadableFile, match="damaged"):
            ingest(tmp_path / "a.json", "a.json", tmp_path / "out.parquet")


@pytest.mark.parametrize("name", [".", "", "./", "./."])
def test_a_file_in_a_package_that_is_named_like_its_folder_is_refused(tmp_path, name):
    """It was written in the place of the folder."""
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"hello"))

    with pytest.raises(PackageMismatchError, match="may not hold"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_header_without_rows_is_told_even_if_no_file_was_written_for_it(tmp_path):
    """Once in 410,027 cases DuckDB had left none; in 17,000 tries of that input it never did."""
    with pytest.raises(UnreadableFile, match="only a header"):
        _written(tmp_path / "out.parquet", 0, 1)


def test_a_footer_of_millions_of_row_groups_is_refused_before_room_is_made_for_them(tmp_path):
    """DuckDB made room for all of them: 17 GB for the file that was found, of 357 bytes."""
    footer = b"\x15\x02\x19\x2c\x48\x01s\x15\x02\x00\x15\x02\x25\x00\x18\x01a\x00\x16\x00\x19\xfc"
    footer += b"\xe9\xab\xe5\x58" + b"\x00" * 50
    damaged = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    (tmp_path / "a.parquet").write_bytes(damaged)
    no_database, out = None, tmp_path / "out.parquet"

    with pytest.raises(UnreadableFile, match="damaged"):
        ingest_with(no_database, tmp_path / "a.parquet", "a.parquet", out, Limits())


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 67\x1d\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -5\r\n\r\n",
        CHUNKED + b"X\r\n",
    ],
    ids=["separator", "length", "negative", "chunk"],
)
def test_a_request_whose_length_is_no_number_is_refused_not_answered_by_500(body):
    read_request_bytes(
        b"\x00POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListTrainingJobs\r\n" + body
    )


def test_a_time_beyond_all_clocks_is_refused():
    shape = operation_model("sagemaker", "ListTrainingJobs").input_shape
    with pytest.raises(ValidationException, match="a timestamp"):
        validate(shape, {"CreationTimeAfter": 10**400})


@pytest.mark.parametrize("number", ["--5", "²", DIGITS], ids=["signs", "square", "digits"])
def test_what_looks_like_a_number_in_a_query_and_is_none_stays_text(number):
    """So that it is refused by its type."""
    shape = SimpleNamespace(type_name="integer")
    assert _typed(shape, number) == number
    assert _typed(shape, "-5") == -5
