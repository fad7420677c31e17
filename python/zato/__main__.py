"""Entry point of the `zato` command. It imports nothing but the native part: `zato --version` takes milliseconds."""

import sys

from zato._core import main as _main


def main() -> int:
    """Runs the command line with the arguments of this process; gives its exit code."""
    return _main(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
