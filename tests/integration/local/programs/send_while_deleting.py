"""Sends messages to a queue of ministack while a function's poller deletes others; prints counts.

Run by ministack's own interpreter.
"""

import sys
import threading
from pathlib import Path

sys.setswitchinterval(0.00001)
sys.path.insert(0, sys.argv[1])

from local.ministack_hooks import inside, journal, queues  # noqa: E402

MESSAGES = 1500
queues.hook_changes()
queues.hook_fair_queues()
journal.hook_journal(Path(sys.argv[2]), "us-east-1")
service = inside.module("services.sqs")
url = service._act_create_queue({"QueueName": "q"}, "")["QueueUrl"]
received = []
done = threading.Event()


def consume():
    while True:
        last = done.is_set()
        batch = service._receive_messages_for_esm(url, 1)
        received.extend(batch)
        service._delete_messages_for_esm(url, {each["receipt_handle"] for each in batch})
        if last and not batch:
            return


consumer = threading.Thread(target=consume)
consumer.start()
for number in range(MESSAGES):
    service._act_send_message({"QueueUrl": url, "MessageBody": str(number)}, url)
done.set()
consumer.join()
counts = (MESSAGES, len(received), len(service._get_q(url)["messages"]))
sys.stdout.write(" ".join(map(str, counts)) + "\n")
