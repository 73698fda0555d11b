"""One Spark that carries out fetches one after the other: an address a line in, faults a line out.

Run by `.venvs/glue`; a Spark of its own for every test would take most of the time.
"""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, sys.argv[1])

import fetch_tables

spark = fetch_tables.session()
print("ready", flush=True)
for line in sys.stdin:
    with tempfile.TemporaryDirectory() as folder:
        faults = fetch_tables.run(line.strip(), spark, fetch_tables.Lake(Path(folder)))
    print(json.dumps([[each.path, each.message, each.cure] for each in faults]), flush=True)
spark.stop()
