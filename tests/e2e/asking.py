"""Callers who never stop asking: they notice when a request fails."""

import threading

from botocore.exceptions import BotoCoreError, ClientError


class Asking:
    """A thread that asks an endpoint all the time and never tries twice."""

    def __init__(self, cloud, endpoint, questions):
        self._cloud, self._endpoint, self._questions = cloud, endpoint, questions
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)
        self.answered, self.failures = 0, []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _ask_on(self):
        while not self._over.wait(0.02):
            try:
                answers = self._cloud.answers(self._endpoint, self._questions)
            except (BotoCoreError, ClientError) as error:
                self.failures.append(str(error))
            else:
                self.answered += len(answers) == len(self._questions)
