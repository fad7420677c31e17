"""The process behind `zato service check`: units on standard input, one line of JSON for each step on standard output.

Services are imported the way a server imports them, on a thread like its own. They may print, start threads, or end the
process; whoever started it is told which unit runs, and draws conclusions.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

#: The stack that the thread of a server has for deployments.
_STACK_SIZE = 16 << 20


def main() -> None:
    """Reads the request, examines the units and says what was found; does not return."""
    # `-m` puts the current directory first, where a server does not look for modules.
    if sys.path and sys.path[0] and Path(sys.path[0]) == Path.cwd():
        del sys.path[0]
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What modules print goes where errors go, and not between the lines of the report.
    os.dup2(2, 1)
    request = json.load(sys.stdin)
    threading.stack_size(_STACK_SIZE)
    thread = threading.Thread(target=_examine, args=(request, told), name="zato-deploy")
    thread.start()
    threading.stack_size(0)
    thread.join()
    # Threads that modules have started must not keep the process.
    os._exit(0)


def _examine(request: dict[str, Any], told: TextIO) -> None:
    def tell(**message: Any) -> None:
        told.write(json.dumps(message) + "\n")
        told.flush()

    try:
        from zato.server._check._examination import examine

        tell(report=examine(request, lambda key: tell(importing=key)))
    except BaseException as error:  # noqa: BLE001 - told to whoever asked
        import traceback

        traceback.print_exc()
        tell(failed=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
