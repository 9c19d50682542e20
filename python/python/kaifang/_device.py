"""How a signer's callback is called: on a thread that is Python's alone."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import Any, Callable, Tuple


def call(sign: Callable[[bytes], Any], message: bytes) -> Any:
    """What ``sign(message)`` returns or raises.

    When the interpreter ends, it ends threads that come back to it (before Python 3.14). One that has the library's
    frames on its stack can't be ended so, and would take the process with it; this one has none, and whoever waits for
    it is not woken.
    """
    answers: SimpleQueue[Tuple[Any, Any]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((sign(message), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=run, name="kaifang-device", daemon=True).start()
    signature, error = answers.get()
    if error is not None:
        raise error
    return signature
