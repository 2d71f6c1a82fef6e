"""`python -m supplies` is `supplies`."""

import sys

from supplies.cli import main

sys.exit(main())
