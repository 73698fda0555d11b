"""One Spark that carries out fetches one after the other: an address a line in, faults a line out.

Run by `.venvs/glue`; a Spark of its own for every test would take most of the time.
"""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, sys.argv[1])

import read_tables

spark = read_tables.session()
print("ready", flush=True)  # noqa: T201
for line in sys.stdin:
    with tempfile.TemporaryDirectory() as folder:
        faults = read_tables.run(line.strip(), lambda: spark, read_tables.Lake(Path(folder)))
    told = [[each.path, each.message, each.cure] for each in faults]
    print(json.dumps(told), flush=True)  # noqa: T201
spark.stop()
