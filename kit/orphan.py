"""The end of a process whose parent is gone."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK = 0.3  # seconds


def end_with(parent: int) -> None:
    """Ctrl-C for us once `parent`, who started us, is gone: killed, it leaves nobody behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, daemon=True).start()
