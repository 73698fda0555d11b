"""XGBoost, in algorithm mode or with a script of the caller's."""

from __future__ import annotations

import re

from local.sagemaker.jobs.built_in import Algorithm

#: One expression for all of the container's definitions, which differ in the name alone:
#: `.*\[[0-9]+\].*#011validation-auc:(\S+)`, and the same with `train`
_LINE = re.compile(r"\[[0-9]+\].*#011(?:train|validation)-")
_VALUE = re.compile(r"#011(train|validation)-([a-z0-9@._-]+?):([^\s#]+)")


def read_metrics(line: str) -> list[tuple[str, str]]:
    """The metrics of one line: name and text."""
    if not _LINE.search(line):
        return []
    return [(f"{data}:{name}", text) for data, name, text in _VALUE.findall(line)]


ALGORITHM = Algorithm(
    repositories=("sagemaker-xgboost",),
    train="local.sagemaker.containers.algorithms.xgboost.train:main",
    serve="local.sagemaker.containers.serving.xgboost_model:XgboostModel",
    reads_metrics=read_metrics,
    takes_scripts=True,
)
