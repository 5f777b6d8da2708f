# SPDX-License-Identifier: GPL-2.0
"""Limits: a command with progress may continue, a killed one is resumed."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from lab import (LabError, progress, resume, speed,
                 testkernel)


class Folder(unittest.TestCase):
    """A test with a folder."""

    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)


class StuckTest(Folder):
    """A command without a limit is stopped if it makes no progress."""

    def run_it(self, script: str, folder: Path | None = None) -> None:
        """Run it; it is stuck after half a second without progress."""
        with mock.patch.multiple(progress, STUCK_S=0.5, LOOK_S=0.1,
                                 FOLDER_S=0.1), mock.patch("sys.stderr"):
            progress.run_logged(["sh", "-c", script], self.folder / "log",
                                what="a thing", hint="wait", folder=folder)

    def test_one_that_does_nothing(self) -> None:
        began = time.monotonic()
        with self.assertRaisesRegex(LabError, "printed and made nothing"):
            self.run_it("sleep 60")
        self.assertLess(time.monotonic() - began, 20)

    def test_one_that_makes_files(self) -> None:
        made = self.folder / "made" / "below"
        made.mkdir(parents=True)
        script = f"for n in 1 2 3 4 5 6; do sleep 0.2; echo >{made}/$n; done"
        self.run_it(script, made.parent)
        with self.assertRaisesRegex(LabError, "made nothing"):
            self.run_it(script)


class ResumeTest(Folder):
    """The files of a killed build that stay."""

    def file(self, name: str, text: str = "x", age: float = 100) -> Path:
        """A file that is this many seconds old."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    def gone(self) -> set[str]:
        """The files that are removed."""
        before = {path for path in self.folder.rglob("*") if path.is_file()}
        self.assertEqual(resume.sweep(self.folder), len(
            before - {path for path in before if path.exists()}))
        return {str(path.relative_to(self.folder)) for path in before
                if not path.exists()}

    def test_what_is_whole_stays(self) -> None:
        self.file("lib/a.o", age=50)
        self.file("lib/.a.o.cmd", age=50)
        self.file("lib/b.o", age=50)
        self.file("lib/.b.o.cmd", age=49)
        self.file("include/generated/asm.h")
        self.file("include/config/EMPTY", "")
        self.file("vmlinux")
        self.assertEqual(self.gone(), set())

    def test_half_an_object(self) -> None:
        """Killed while it was compiled: the first time, and again."""
        self.file("lib/first.o")
        self.file("lib/again.o", age=10)
        self.file("lib/.again.o.cmd", age=20)
        self.assertEqual(self.gone(), {"lib/first.o", "lib/again.o"})

    def test_half_a_note_and_half_a_header(self) -> None:
        self.file("lib/.a.o.cmd", "")
        self.file("arch/x86/include/generated/asm/empty.h", "")
        self.file("lib/crc32table.h")
        self.assertEqual(self.gone(), {
            "lib/.a.o.cmd", "arch/x86/include/generated/asm/empty.h",
            "lib/crc32table.h"})

    def test_tools_are_whole_before_the_first_object(self) -> None:
        self.file("tools/objtool/objtool", age=60)
        self.file("kernel/fork.o", age=50)
        self.file("kernel/.fork.o.cmd", age=50)
        self.assertEqual(self.gone(), set())
        self.file("kernel/fork.o", age=70)
        self.file("kernel/.fork.o.cmd", age=70)
        self.assertEqual(self.gone(), {"tools/objtool/objtool"})


MAKEFILE = """\
all: lib/one.o lib/two.o lib/three.o
lib/%.o:
	@mkdir -p lib; echo $@ >>compiled; printf half >$@; sleep $(LONG)
	@echo whole >$@; touch lib/.$(@F).cmd
"""


class KilledBuildTest(Folder):
    """A build of a kernel that is killed twice, and then completes."""

    def make(self, long: str) -> None:
        """Resume it, with a makefile instead of a kernel's."""
        argv = ["make", "-s", "-C", str(self.folder), f"LONG={long}"]
        with mock.patch.object(testkernel, "make_argv", return_value=argv), \
                mock.patch("builtins.print"), mock.patch("sys.stderr"):
            testkernel._compile(  # pylint: disable=protected-access
                self.folder, "um", [], self.folder / "log")

    def test_it_goes_on(self) -> None:
        (self.folder / "Makefile").write_text(MAKEFILE)

        def killed(process: subprocess.Popen[bytes], *_: object) -> str:
            lib = self.folder / "lib"
            end = time.monotonic() + 20
            wanted = 1 + len(list(lib.glob(".*.cmd")))
            while len(list(lib.glob("*.o"))) < wanted and \
                    time.monotonic() < end:
                time.sleep(0.02)
            os.killpg(process.pid, 9)
            process.wait()
            raise KeyboardInterrupt

        for _ in range(2):
            with mock.patch.object(progress, "_attend", killed), \
                    self.assertRaises(KeyboardInterrupt):
                self.make("30")
            self.assertTrue(any(path.read_text() == "half" for path in
                                (self.folder / "lib").glob("*.o")))
        self.make("0")
        self.assertEqual({path.read_text() for path in
                          (self.folder / "lib").glob("*.o")}, {"whole\n"})
        self.assertFalse((self.folder / "under-way").exists())


class SpeedTest(unittest.TestCase):
    """Limits on a slow machine."""

    def setUp(self) -> None:
        patch = mock.patch.dict(os.environ)
        patch.start()
        self.addCleanup(patch.stop)
        os.environ.pop(speed.VARIABLE, None)

    def test_slower_and_bounded(self) -> None:
        with mock.patch.object(speed, "measure", return_value=2.5):
            self.assertEqual(speed.remember(), 2.5)
        self.assertEqual(speed.scaled(10), 25)
        with mock.patch.object(speed, "measure", return_value=1.0):
            self.assertEqual(speed.remember(), 2.5)
        with mock.patch.object(speed, "REFERENCE_S", 1e-6):
            self.assertEqual(speed.remember(), speed.MOST)
