"""The process of one rule's evaluation: reads tensors as they come, and ends with a verdict."""

from __future__ import annotations

import json
import time
from pathlib import Path

from local.sagemaker.containers.rules.known import read_rule
from local.sagemaker.containers.rules.reading import Reader

MET = "RuleEvaluationConditionMet"
_POLL_SECONDS = 0.1


def main(arguments: list[str]) -> int:
    """Judge every step until the training has ended or something is wrong.

    Args:
        arguments: One JSON object: `folder` (of the tensors), `end` (the file that says that
            nothing more will come), `rule`, `parameters`, and `message`, the file that gets what
            the exit message is to say.
    """
    order = json.loads(arguments[0])
    rule = read_rule(order["rule"], order["parameters"])
    reader, last = Reader(Path(order["folder"]), Path(order["end"])), time.monotonic()
    waiting: set[int] = set()
    judged = -1
    while True:
        ended = reader.ended()  # asked first: what came before the end is then there to be read
        steps = reader.poll()
        last = time.monotonic() if steps else last
        waiting |= {step for step in steps if step > judged}
        # The newest step may not be whole yet; with a newer one there, or at the end, it is.
        for step in sorted(waiting)[: None if ended else -1]:
            waiting.remove(step)
            judged = step
            if told := rule.judge(reader.recording, step):
                return _say(order, f"at step {step}", told)
        if told := rule.judge_pause(time.monotonic() - last):
            return _say(order, "", told)
        if ended:
            print(f"{order['rule']}: no issues found")
            return 0
        time.sleep(_POLL_SECONDS)


def _say(order: dict[str, str], when: str, told: str) -> int:
    met = " ".join(filter(None, ["Evaluation of the rule", order["rule"], when]))
    print(f"{order['rule']} {when}: {told}")
    Path(order["message"]).write_text(f"{MET}: {met} resulted in the condition being met ({told})")
    return 0
