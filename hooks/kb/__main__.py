"""The command line: `python -m kb --help`."""

from __future__ import annotations

import sys

from kb.cli import main

sys.exit(main())
