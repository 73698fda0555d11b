"""The control legs as a state machine: whatever happens in whatever order, the promises hold.

``BATON_MODEL_EXAMPLES`` asks for more lives than a test run has time for.
"""

import os

from hypothesis import event, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.builders import PROBLEM, own_event
from tests.unit.lifecycle.model.promises import hold_always, hold_at_rest
from tests.unit.lifecycle.model.relay import Relay

EXAMPLES = int(os.environ.get("BATON_MODEL_EXAMPLES", "60"))
STEPS = 30
DEFINITIONS = (
    "",
    "approve: manual\n",
    "tune: {strategy: none}\n",
    "deploy: {mode: batch}\n",
    "metric: {name: roc_auc, approve_at: 0.95}\n",
    "retrain: {cooldown: 0h}\n",
)
MOST_STEPS_SURVIVED = 12
INDEX = some.integers(0, 9)
STEP = some.tuples(INDEX, INDEX, INDEX)


class ControlLegs(RuleBasedStateMachine):
    """One problem: files, definitions, deliveries, crashes, failures, lost events, people."""

    def __init__(self):
        super().__init__()
        self.relay, self.stages = Relay(), {}

    @initialize(extra=some.sampled_from(DEFINITIONS), first=some.booleans())
    def begin(self, extra, first):
        """A file and its definition, in either order."""
        if first:
            self.relay.define(extra)
        self.relay.land("data/0.csv")
        if not first:
            self.relay.define(extra)

    @rule(steps=some.lists(STEP, min_size=2, max_size=16))
    def go_on(self, steps):
        """What waits is answered, in any order; when nothing waits, a job or a change ends."""
        for index, well, heard in steps:
            if self.relay.pending:
                self.relay.deliver(index % len(self.relay.pending))
            else:
                self._end(index, well=well < 9, heard=heard)
            self.promises()

    @rule(index=INDEX, well=INDEX, heard=INDEX)
    def end_early(self, index, well, heard):
        """A job or a change ends while messages wait: its event may outrun them."""
        self._end(index, well=well < 7, heard=heard)

    def _end(self, index, *, well, heard):
        """It is heard once in seven cases of ten, twice in one, never in two."""
        heard = 1 if heard < 7 else 2 if heard == 7 else 0
        running, moving = self.relay.api.running(), self.relay.api.moving()
        if running:
            noun, name = running[index % len(running)]
            self.relay.end(noun, name, well=well, heard=heard)
        elif moving:
            self.relay.settle(moving[0], serves=well, heard=heard)

    @rule(index=INDEX, survives=some.integers(0, MOST_STEPS_SURVIVED))
    def crash(self, index, survives):
        """A function ends after so many steps; its message waits on."""
        if self.relay.pending:
            self.relay.deliver(index % len(self.relay.pending), survives=survives)

    @rule(first=INDEX, others=some.lists(INDEX, min_size=1, max_size=4))
    def interleave(self, first, others):
        """Other messages are answered between a leg's decision and its transaction."""
        if len(self.relay.pending) > 1:
            message = self.relay.pending.pop(first % len(self.relay.pending))
            between = [self.relay.pending[i % len(self.relay.pending)] for i in others]
            self.relay.interleave(message, list(dict.fromkeys(between)))

    @rule(newest=INDEX)
    def deliver_again(self, newest):
        """What was answered comes once more."""
        delivered = self.relay.delivered
        if delivered:
            self.relay.answer(delivered[-1 - newest % len(delivered)])

    @rule(what=some.integers(0, 7), extra=some.sampled_from(DEFINITIONS))
    def meanwhile(self, what, extra):
        """People, the clock, and the world."""
        if what <= 1:
            self.relay.land(f"data/{what}.csv", b"other rows")
        elif what == 2:
            self.relay.define(extra)
        elif what == 3:
            self.relay.land("score/asked.csv")
        elif what == 4:
            self.relay.tick()
        elif what == 5:
            self._drift()
        else:
            self.relay.decide_by_person("Approved" if what == 6 else "Rejected")

    def _drift(self):
        data = {"problem": PROBLEM, "rows": 9, "columns": [], "report_uri": "s3://lake/report"}
        self.relay.edits += 1
        cause = f"drift-{self.relay.edits}"
        self.relay.send(own_event("DriftDetected", data, event_id=cause, correlation_id=cause))

    @invariant()
    def promises(self):
        """What holds at every moment."""
        self.stages = hold_always(self.relay, self.stages)

    def teardown(self):
        """Faults stop, and everything comes to rest."""
        for stage in {run.stage for run in self.relay.runs()}:
            event(f"a run was {stage} when the faults stopped")
        self.relay.rest()
        hold_always(self.relay, {run.run: run.stage for run in self.relay.runs()})
        hold_at_rest(self.relay)


TestControlLegs = ControlLegs.TestCase
TestControlLegs.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
