"""`python -m seedaug`."""

import sys

from seedaug.cli import main

if __name__ == "__main__":
    sys.exit(main())
