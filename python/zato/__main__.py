"""Entry point of the `zato` command. It imports nothing but the native part: `zato --version` takes milliseconds."""

import io
import sys

from zato._core import main as _main


def main() -> int:
    """Runs the command line with the arguments of this process; gives its exit code."""
    # What services print is seen when they print it, also where it goes to a file.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return _main(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
