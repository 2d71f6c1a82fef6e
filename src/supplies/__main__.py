"""Run the command line with `python -m supplies`."""

import sys

from supplies.cli import main

sys.exit(main())
