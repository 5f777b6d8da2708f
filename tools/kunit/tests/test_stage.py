# SPDX-License-Identifier: GPL-2.0
"""Staging into a kernel's sources, and seeding bugs in a copy."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

from kunit import seeds, stage
from lab import LabError, paths

from . import samples


class Folder(unittest.TestCase):
    """A separate folder for each test."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)


class Staging(Folder):
    """Copies and hooks."""

    def setUp(self) -> None:
        super().setUp()
        virtio = self.root / "drivers/virtio"
        virtio.mkdir(parents=True)
        (virtio / "Kconfig").write_text("menu\n")
        (virtio / "Makefile").write_text("obj-y += virtio.o\n")

    def test_twice_is_once(self) -> None:
        stage.stage(self.root)
        stage.stage(self.root)
        for path, line in stage.HOOKS:
            self.assertEqual((self.root / path).read_text().count(line), 1)

    def test_all_is_there(self) -> None:
        stage.stage(self.root)
        for name in ("Kbuild", "drivers/Kconfig", "drivers/core/regs.c",
                     "include/vfe/regs.h", "kunit/Kbuild", "kunit/Kconfig",
                     "kunit/.kunitconfig", "kunit/mock/mock.h"):
            self.assertTrue((self.root / stage.PLACE / name).is_file(), name)

    def test_a_file_that_is_gone(self) -> None:
        stage.stage(self.root)
        stale = self.root / stage.PLACE / "kunit/gone_by_now.c"
        stale.write_text("")
        stage.stage(self.root)
        self.assertFalse(stale.exists())

    def test_no_kernel(self) -> None:
        with self.assertRaisesRegex(LabError, "drivers/virtio"):
            stage.stage(self.root / "nothing")


class Judging(unittest.TestCase):
    """The log of kunit.py."""

    def judge(self, *names: str, after: str = "") -> list[str]:
        """Problems of a log with these suites, when two should run."""
        lines = ["KTAP version 1", f"1..{len(names)}"]
        for number, name in enumerate(names, 1):
            lines += [*samples.suite(name, "ok")[2:-1],
                      f"ok {number} {name}"]
        return stage.judge("\n".join([*lines, after]), 2)

    def test_good(self) -> None:
        self.assertEqual(self.judge("vfe-a", "vfe-b"), [])

    def test_a_suite_is_missing(self) -> None:
        self.assertEqual(len(self.judge("vfe-a")), 1)

    def test_only_suites_of_others(self) -> None:
        self.assertEqual(len(self.judge("a", "b")), 1)

    def test_a_report(self) -> None:
        self.assertEqual(
            self.judge("vfe-a", "vfe-b", after="BUG: KASAN: slab"),
            ["KASAN: BUG: KASAN: slab"])


class Sowing(Folder):
    """Seeds match the current sources."""

    def test_every_seed_changes_something(self) -> None:
        for seed in seeds.SEEDS:
            with self.subTest(seed=seed.name):
                before = {}
                for change in seed.changes:
                    path = self.root / change.file
                    path.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(paths.checkout() / change.file, path)
                    before[path] = path.read_text()
                seeds.sow(self.root, seed)
                for path, text in before.items():
                    self.assertNotEqual(path.read_text(), text)
                self.assertTrue(seed.changes or seed.arguments)

    def test_a_text_that_is_gone(self) -> None:
        seed = seeds.Seed("x", ("mock",), "case",
                          (seeds.Change("a.c", "old", "new"),))
        (self.root / "a.c").write_text("other\n")
        with self.assertRaisesRegex(LabError, "adapt"):
            seeds.sow(self.root, seed)
