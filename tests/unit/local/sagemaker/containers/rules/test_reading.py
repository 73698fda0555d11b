"""What the hook writes is what the reader reads."""

import json
import struct
import zlib

import numpy as np
import pytest

from local.sagemaker.containers.rules import evaluate
from local.sagemaker.containers.rules.reading import END, Reader
from local.sagemaker.training.debugger_files import Hook, record


def test_values_shapes_and_collections_come_back(tmp_path):
    """Numbers, lists and arrays; the reader tells the steps that are new."""
    hook, reader = Hook(tmp_path, {}), Reader(tmp_path)
    hook.save(0, {"loss": 0.5}, "losses")
    hook.save(0, {"w": np.arange(6.0).reshape(2, 3), "b": [1, 2]}, "weights", mode="TRAIN")
    assert reader.poll() == [0]
    hook.save(1, {"loss": 0.25}, "losses")

    assert reader.poll() == [1]
    assert reader.poll() == []
    recording = reader.recording
    assert recording.names(["losses"]) == ["loss"]
    assert [list(tensor.values) for tensor in recording.until("loss", 9)] == [[0.5], [0.25]]
    weight = recording.at("TRAIN:w", 0)
    assert (list(weight.values), weight.shape) == ([0, 1, 2, 3, 4, 5], (2, 3))
    assert recording.names(["weights"]) == ["TRAIN:b", "TRAIN:w"]


def test_files_lie_where_debugger_lays_them(tmp_path):
    """Events, an index for each thousand steps, collections."""
    Hook(tmp_path, {}).save(1234, {"loss": 1.0}, "losses")
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}

    assert names == {
        "events/000000001234/000000001234_worker_0.tfevents",
        "index/000000001/000000001234_worker_0.json",
        "collections/000000000/worker_0_collections.json",
    }


def test_records_carry_tensorflows_checksums():
    """CRC-32C, masked: of 32 zero bytes it is 8A9136AA (RFC 3720, B.4)."""
    data = bytes(32)
    written = record(data)
    (stored,) = struct.unpack("<I", written[-4:])
    turned = (stored - 0xA282EAD8) & 0xFFFFFFFF

    assert (turned >> 17 | turned << 15) & 0xFFFFFFFF == 0x8A9136AA
    assert zlib.crc32(data) != 0x8A9136AA
    assert written[:8] == struct.pack("<Q", 32)


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        ({}, [0, 10, 20]),
        ({"save_interval": "7"}, [0, 7, 14, 21]),
        ({"save_interval": "7", "start_step": "2", "end_step": "16"}, [2, 9]),
        ({"save_steps": "3,5"}, [3, 5]),
    ],
)
def test_collections_are_saved_when_they_are_due(given, steps):
    """Every tenth step unless it is said otherwise; losses always."""
    named = [{"CollectionName": "weights", "CollectionParameters": given}]
    hook = Hook("unused", {"CollectionConfigurations": named})

    assert [step for step in range(25) if hook.due(step, "weights")] == steps
    assert hook.due(3, "losses")


def test_a_pattern_puts_tensors_into_a_collection(tmp_path):
    """Of any name, whatever collection they were saved with."""
    named = [{"CollectionName": "relu", "CollectionParameters": {"include_regex": ".*relu"}}]
    hook, reader = Hook(tmp_path, {"CollectionConfigurations": named}), Reader(tmp_path)
    hook.save(0, {"a_relu": 1.0, "b": 1.0})
    reader.poll()

    assert reader.recording.names(["relu"]) == ["a_relu"]


def told(tmp_path, rule, **parameters):
    """What an evaluation of everything in a folder leaves as its message."""
    message, end = tmp_path / "message", tmp_path / END
    end.touch()
    order = {"folder": str(tmp_path), "end": str(end), "message": str(message)}
    evaluate.main([json.dumps(order | {"rule": rule, "parameters": parameters})])
    return message.read_text() if message.exists() else ""


def test_an_evaluation_says_the_step(tmp_path):
    """Also when the fault is in the last one."""
    hook = Hook(tmp_path, {})
    for step in range(4):
        hook.save(step, {"w": [1.0, float(step < 3)]}, "losses")

    assert told(tmp_path, "AllZero", threshold="50").startswith(
        "RuleEvaluationConditionMet: Evaluation of the rule AllZero at step 3 resulted in the "
        "condition being met"
    )


def test_an_evaluation_that_finds_nothing_leaves_no_message(tmp_path):
    """It ends by itself when the training has ended."""
    Hook(tmp_path, {}).save(0, {"w": 1.0}, "losses")

    assert told(tmp_path, "AllZero") == ""
