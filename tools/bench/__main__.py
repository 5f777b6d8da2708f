# SPDX-License-Identifier: GPL-2.0
"""Makes `python3 tools/bench` work from any directory."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from bench import cli  # noqa: E402
from lab import entry  # noqa: E402

if __name__ == "__main__":
    sys.exit(entry.run("bench", lambda: cli.main(sys.argv[1:]),
                       failed=cli.UNUSABLE))
