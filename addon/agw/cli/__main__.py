"""``python -m agw.cli``."""

import sys

from agw.cli import main

sys.exit(main())
