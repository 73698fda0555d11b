"""An independent judge: did everything happen once, and was everything that was said so?

It shares no code with what it judges. It reads S3, the record table, SageMaker's API, the alerts
of a queue that is subscribed to the alert topic, and if given what was heard on the bus; its tables
are written from the documentation (``docs/architecture.md``, ``events/catalogue.md``).
"""

from faults.judge.evidence import Evidence, gather
from faults.judge.finding import Finding
from faults.judge.likeness import picture
from faults.judge.verdict import judge

__all__ = ["Evidence", "Finding", "gather", "judge", "picture"]
