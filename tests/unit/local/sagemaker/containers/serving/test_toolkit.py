"""Scripts are run by the inference toolkit's contract."""

import sys
import uuid

import pytest

from local.sagemaker.containers.serving.answers import Invocation, ModelLoadError, RefusedError
from local.sagemaker.containers.serving.toolkit import Script, find_script
from tests.unit.local.sagemaker.world import booster_bytes

XGBOOST = "repository/sagemaker-xgboost:1.7-1"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Make a script and load it; what it did to the interpreter is undone."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in [name for name in sys.modules if name.startswith("sagemaker_inference")]:
        monkeypatch.delitem(sys.modules, name)

    def make(code, image="repository/sagemaker-scikit-learn:1.2-1", **environment):
        file = tmp_path / "code" / f"script_{uuid.uuid4().hex}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(code)
        return Script(tmp_path, file, environment, image)

    yield make
    for name in [name for name in sys.modules if name.startswith("sagemaker_inference")]:
        del sys.modules[name]


def test_the_four_functions_run_one_after_the_other(load):
    """Each gets what the one before gave; text types arrive as str."""
    script = load(
        "def model_fn(model_dir): return 'm'\n"
        "def input_fn(data, content_type): return [data, content_type]\n"
        "def predict_fn(data, model): return [*data, model]\n"
        "def output_fn(prediction, accept): return '|'.join([*prediction, accept])\n"
    )
    answer = script.answer(Invocation(b"1,2", "text/csv", "text/plain"))

    assert answer.body == b"1,2|text/csv|m|text/plain"
    assert answer.content_type == "text/plain"


def test_transform_fn_does_it_all(load):
    """And a pair names the answer's own type."""
    script = load(
        "def model_fn(model_dir): return 2\n"
        "def transform_fn(model, data, content_type, accept): return bytes([model]), 'x/y'\n"
    )
    answer = script.answer(Invocation(b"", "application/octet-stream"))

    assert (answer.body, answer.content_type) == (b"\x02", "x/y")


def test_transform_fn_beside_the_others_is_refused(load):
    """The toolkit refuses the combination when it loads."""
    with pytest.raises(ModelLoadError, match="cannot be used together with predict_fn"):
        load(
            "def model_fn(d): return 1\ndef predict_fn(d, m): return 1\n"
            "def transform_fn(m, d, c, a): return 1\n"
        )


def test_functions_may_take_the_context_too(load):
    """It knows the request's headers."""
    script = load(
        "def model_fn(model_dir, context): return context.system_properties['model_dir']\n"
        "def transform_fn(model, data, content_type, accept, context):\n"
        "    return context.get_request_header(0, 'X-Trace')\n"
    )

    assert script.answer(Invocation(b"", headers={"x-trace": "abc"})).body == b"abc"


def test_hooks_run_around_loading(load):
    """pre_model_fn before, model_warmup_fn after."""
    script = load(
        "seen = []\n"
        "def pre_model_fn(model_dir): seen.append('before')\n"
        "def model_fn(model_dir): seen.append('load'); return seen\n"
        "def model_warmup_fn(model_dir, model): seen.append('after')\n"
        "def transform_fn(model, data, content_type, accept): return ' '.join(model)\n"
    )

    assert script.answer(Invocation(b"")).body == b"before load after"


def test_the_default_codecs_fill_the_gaps(load):
    """CSV in, JSON out, with predict_fn alone."""
    script = load(
        "def model_fn(model_dir): return 10\n"
        "def predict_fn(data, model): return (data * model).tolist()\n"
    )

    assert script.answer(Invocation(b"1,2", "text/csv", "*/*")).body == b"[10.0, 20.0]"


def test_the_xgboost_image_predicts_by_default(load, tmp_path):
    """Its defaults load xgboost-model, read rows into a DMatrix, and predict."""
    (tmp_path / "xgboost-model").write_bytes(booster_bytes())
    script = load("", image=XGBOOST)
    answer = script.answer(Invocation(b"2,0,0", "text/csv", "text/csv"))

    assert float(answer.body) > 0.5


def test_what_a_script_raises_is_500_with_its_message(load):
    """The trace is part of it, as in the toolkit."""
    script = load(
        "def model_fn(model_dir): return 1\n"
        "def transform_fn(m, d, c, a): raise ValueError('no such column')\n"
    )
    with pytest.raises(RefusedError, match="no such column") as refused:
        script.answer(Invocation(b""))

    assert refused.value.status == 500
    assert "Traceback" in refused.value.message


def test_the_toolkits_errors_carry_their_status(load):
    """A script imports them by the package's own name."""
    script = load(
        "from sagemaker_inference.errors import BaseInferenceToolkitError\n"
        "from sagemaker_inference import content_types\n"
        "def model_fn(model_dir): return content_types.JSON\n"
        "def transform_fn(m, d, c, a): raise BaseInferenceToolkitError(422, 'bad row', 'bad')\n"
    )
    with pytest.raises(RefusedError, match="bad row") as refused:
        script.answer(Invocation(b""))

    assert refused.value.status == 422


def test_a_type_that_nobody_reads_is_415(load):
    """When there is no input_fn for it."""
    script = load("def model_fn(d): return 1\ndef predict_fn(data, model): return data\n")
    with pytest.raises(RefusedError) as refused:
        script.answer(Invocation(b"x", "image/png"))

    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def model_fn(d: return", "SyntaxError"),
        ("import not_there_at_all", "not_there_at_all"),
        ("def model_fn(d): raise OSError('torn')", "torn"),
        ("raise SystemExit(3)", "SystemExit"),
        ("def predict_fn(d, m): return 1", "provide a model_fn"),
        ("def model_fn(a, b, c): return 1", "takes 3 arguments but 1 were given"),
    ],
)
def test_a_script_that_does_not_load_says_why(load, code, reason, capsys):
    """The message names the script and the error."""
    with pytest.raises(ModelLoadError, match=reason):
        load(code)


def test_the_script_is_the_named_program_or_inference_py(tmp_path):
    """SAGEMAKER_PROGRAM first; code/inference.py without it; a missing program is an error."""
    (tmp_path / "code").mkdir()

    assert find_script(tmp_path, {}) is None
    with pytest.raises(ModelLoadError, match=r"no code/serve\.py"):
        find_script(tmp_path, {"SAGEMAKER_PROGRAM": "serve.py"})
    (tmp_path / "code/serve.py").touch()
    (tmp_path / "code/inference.py").touch()
    assert find_script(tmp_path, {"SAGEMAKER_PROGRAM": "serve.py"}) == tmp_path / "code/serve.py"
    assert find_script(tmp_path, {}) == tmp_path / "code/inference.py"
