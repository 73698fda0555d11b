"""DataProcessing: filters and joins."""

import json

import pytest

from local.sagemaker.transform.transform_data import DataError, processing_of


def processing(kind, split_type="Line", stamp="", **asked):
    return processing_of(
        {
            "TransformInput": {"ContentType": kind, "SplitType": split_type},
            "TransformOutput": {"Accept": kind, "AssembleWith": split_type},
            "DataProcessing": asked,
            "DataCaptureConfig": {"GenerateInferenceId": bool(stamp)},
        },
        stamp,
    )


def test_csv_columns_are_chosen_for_the_model():
    """Quoted cells stay what they were."""
    chosen = processing("text/csv", InputFilter="$[1:]")

    assert chosen.request_record(b'id,"a,b",2') == b'"a,b",2'


def test_a_whole_csv_object_is_filtered_row_by_row():
    """SplitType None: the object is one request of many rows."""
    chosen = processing("text/csv", "None", InputFilter="$[0]")

    assert chosen.request_record(b"1,2\n3,4\n") == b"1\n3"


def test_csv_answers_stand_behind_the_inputs():
    """Row by row."""
    joined = processing("text/csv", JoinSource="Input", InputFilter="$[1]")

    assert joined.result([b"a,1", b"b,2"], b"0.1\n0.2\n") == b"a,1,0.1\nb,2,0.2"


def test_json_that_is_no_object_is_wrapped():
    """Input and output, each by its name."""
    joined = processing("application/json", "None", JoinSource="Input")
    result = json.loads(joined.result([b"[1, 2]"], b'{\n"p": 1}'))

    assert result == {"SageMakerInput": [1, 2], "SageMakerOutput": {"p": 1}}


def test_answers_that_do_not_fit_the_rows_are_refused():
    """Two rows, one answer."""
    with pytest.raises(DataError, match="2 input records and 1 output"):
        processing("text/csv", JoinSource="Input").result([b"1", b"2"], b"0.1")


def test_what_is_not_of_its_type_is_refused():
    """A row that is no JSON."""
    with pytest.raises(DataError, match="is not application/jsonlines"):
        processing("application/jsonlines", InputFilter="$.a").request_record(b"a,b")


def test_records_gain_an_id_and_the_jobs_time():
    """As last columns, or as members."""
    row = processing("text/csv", stamp="2026-01-02T03:04:05.000Z").result([b"1"], b"7")
    record = processing("application/jsonlines", stamp="now").result([b"{}"], b'{"p": 7}')

    assert row.split(b",")[0::2] == [b"7", b"2026-01-02T03:04:05.000Z"]
    assert {"p", "SageMakerInferenceId", "SageMakerInferenceTime"} == set(json.loads(record))


def test_without_processing_the_answer_is_left_alone():
    """Even if it is of no known type."""
    assert processing("image/png", "None").result([b"x"], b"\0y\n") == b"\0y\n"
