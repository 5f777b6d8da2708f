# SPDX-License-Identifier: GPL-2.0
"""When the objects of an earlier build must not be used."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from lab import build


class OtherKernel(unittest.TestCase):
    """drop_other()"""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name) / "build/kunit-um"
        build.drop_other(self.folder, Path("/kernels/um-1"))
        self.object = self.folder / "drivers/main.o"
        self.object.parent.mkdir()
        self.object.touch()

    def test_same(self) -> None:
        build.drop_other(self.folder, Path("/kernels/um-1"))
        self.assertTrue(self.object.exists())

    def test_other(self) -> None:
        build.drop_other(self.folder, Path("/kernels/um-2"))
        self.assertEqual(["kernel"],
                         [path.name for path in self.folder.iterdir()])

    def test_unknown(self) -> None:
        (self.folder / "kernel").unlink()
        build.drop_other(self.folder, Path("/kernels/um-1"))
        self.assertFalse(self.object.exists())
