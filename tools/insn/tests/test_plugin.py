# SPDX-License-Identifier: GPL-2.0
"""The plugin itself, on a fake QEMU."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from insn import plugin

HERE = Path(__file__).resolve().parent

DRIVER, HELPER, OTHER, THUNK = (0xffffffff81000000 + 0x1000 * n
                                for n in range(4))
KINDS = (f"{DRIVER:x} {DRIVER + 0x1000:x} d\n"
         f"{HELPER:x} {HELPER + 0x1000:x} h\n"
         f"{THUNK:x} {THUNK + 0x1000:x} p\n")


class PluginTest(unittest.TestCase):
    """Attribution of instructions, each counted once."""

    program: Path
    _folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        # pylint: disable-next=consider-using-with
        cls._folder = tempfile.TemporaryDirectory(prefix="insn-")
        cls.addClassCleanup(cls._folder.cleanup)
        cls.program = Path(cls._folder.name) / "fake"
        sources = [*plugin.SOURCES.glob("*.c"), HERE / "fake_qemu.c"]
        subprocess.run(["gcc", *plugin.FLAGS, "-fsanitize=address,undefined",
                        "-pthread", "-o", str(cls.program),
                        *map(str, sources)], check=True)

    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        folder = tempfile.TemporaryDirectory(prefix="insn-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "kinds").write_text(KINDS)

    def feed(self, *lines: str) -> str:
        """Run the fake QEMU with lines; the plugin's answers."""
        done = subprocess.run(
            [str(self.program), f"sock={self.folder}/insn"], text=True,
            input="".join(f"{line}\n" for line in lines), timeout=30,
            stdout=subprocess.PIPE, check=True,
            # the plugin keeps its memory until QEMU ends
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        return done.stdout

    def counts(self, *lines: str) -> plugin.Counts:
        """Its counts, with the kinds loaded at the start."""
        answers = self.feed(f"ask classify {self.folder}/kinds", *lines,
                            "run 1000 1", f"ask dump {self.folder}/counts")
        self.assertEqual(answers.split()[:3], ["ok", "3", "ok"])
        return plugin.parse((self.folder / "counts").read_text())

    def test_a_block_counts_each_time_it_runs(self) -> None:
        counts = self.counts(*[f"run {OTHER:x} 5"] * 3)
        self.assertEqual(counts.own, {OTHER: 15})
        self.assertEqual(counts.lost, 0)

    def test_a_block_cut_short_counts_as_far_as_it_came(self) -> None:
        counts = self.counts(f"run {OTHER:x} 5 2", f"run {OTHER + 2:x} 3")
        self.assertEqual(counts.own, {OTHER: 2, OTHER + 2: 3})

    def test_a_helper_after_the_driver_works_for_it(self) -> None:
        counts = self.counts(f"run {DRIVER:x} 3", f"run {HELPER:x} 4")
        self.assertEqual(counts.own, {DRIVER: 3})
        self.assertEqual(counts.for_driver, {HELPER: 4})

    def test_a_helper_after_others_does_not(self) -> None:
        counts = self.counts(f"run {DRIVER:x} 3", f"run {OTHER:x} 2",
                             f"run {HELPER:x} 4")
        self.assertEqual(counts.own, {DRIVER: 3, OTHER: 2, HELPER: 4})
        self.assertEqual(counts.for_driver, {})

    def test_helpers_of_helpers_work_for_the_driver(self) -> None:
        counts = self.counts(f"run {DRIVER:x} 3", f"run {THUNK:x} 1",
                             f"run {HELPER:x} 4", f"run {HELPER + 64:x} 5")
        self.assertEqual(counts.for_driver,
                         {THUNK: 1, HELPER: 4, HELPER + 64: 5})

    def test_a_repeated_instruction_counts_once(self) -> None:
        rep = OTHER + 4
        counts = self.counts(f"run {OTHER:x} 5", f"run {rep:x} 1",
                             f"run {rep:x} 1", f"run {rep:x} 3",
                             f"run {HELPER:x} 1")
        self.assertEqual(counts.own[OTHER], 5)
        self.assertEqual(counts.own.get(rep, 0), 2)

    def test_kinds_are_told_anew_for_known_blocks(self) -> None:
        self.feed(f"run {DRIVER:x} 3", f"run {HELPER:x} 4",
                  f"ask classify {self.folder}/kinds",
                  f"run {DRIVER:x} 3", f"run {HELPER:x} 4", "run 1000 1",
                  f"ask dump {self.folder}/counts")
        counts = plugin.parse((self.folder / "counts").read_text())
        self.assertEqual(counts.own, {DRIVER: 6, HELPER: 4})
        self.assertEqual(counts.for_driver, {HELPER: 4})


class ParseTest(unittest.TestCase):
    """The plugin's file."""

    def test_counts(self) -> None:
        found = plugin.parse("lost 1 0\nuser 5 1\nff 3 0\nfe 0 2\n")
        self.assertEqual(found, plugin.Counts({255: 3}, {254: 2}, 6, 1))

    def test_half_a_file_is_refused(self) -> None:
        for text in ("", "lost 0 0\n", "lost 0 0\nuser 1"):
            with self.subTest(text), self.assertRaises(ValueError):
                plugin.parse(text)
