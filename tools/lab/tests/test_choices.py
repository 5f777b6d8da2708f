# SPDX-License-Identifier: GPL-2.0
"""Mirrors, command lines, and the choice of the machine."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from lab import (LabError, build, guest, machine, nest, paths, recipe, shell,
                 tree)
from lab import __main__ as command
from lab.errors import Silence

TOOLS = Path(__file__).resolve().parent.parent.parent


class Scripted(unittest.TestCase):
    """A test with stand-in programs first in PATH."""

    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        changed = {"PATH": f"{self.folder}:{os.environ['PATH']}",
                   "VFE_STATE": str(self.folder / "state")}
        patch = mock.patch.dict(os.environ, changed)
        patch.start()
        self.addCleanup(patch.stop)

    def program(self, name: str, body: str) -> Path:
        """A stand-in."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path


class MirrorTest(Scripted):
    """The mirror in apt's sources."""

    def found(self, text: str) -> str | None:
        """The mirror in a sources file."""
        path = self.folder / "sources"
        path.write_text(text)
        return tree._mirror_in(path)  # pylint: disable=protected-access

    def test_one_line_form(self) -> None:
        self.assertEqual(self.found("# deb http://no/debian x\n"
                                    "deb [a=b] https://m.example/debian/ x y"),
                         "https://m.example/debian")

    def test_deb822_form(self) -> None:
        self.assertEqual(self.found("Types: deb\nURIs: http://m/debian\n"),
                         "http://m/debian")


class TreeTest(Scripted):
    """Errors before the making of a tree."""

    def test_no_room(self) -> None:
        with mock.patch.object(recipe, "SIZE_MB", 10**12), \
                self.assertRaisesRegex(LabError, "no room .* VFE_CACHE"):
            tree._check_space(self.folder)  # pylint: disable=W0212

    def test_packages_that_cannot_be_had_are_named(self) -> None:
        self.program("apt-get", "exit 100")
        with mock.patch.object(tree, "HOST_COMMANDS", {"nonesuch": "pkg"}), \
                mock.patch.object(tree, "HOST_FILES", {}), \
                mock.patch("sys.stderr"), mock.patch("sys.stdout"), \
                self.assertRaisesRegex(LabError,
                                       "by hand: apt-get install pkg"):
            tree.install_host_packages()


class MachineTest(Scripted):
    """Here, in the rootfs, or nested."""

    def choice(self, kvm: str | None, qemu: str | None) -> str:
        """The chosen place, by the results of the probes."""
        with mock.patch.object(machine, "kvm_problem", return_value=kvm), \
                mock.patch.object(machine, "tracing_problem",
                                  return_value=None), \
                mock.patch.object(machine, "qemu_problem",
                                  return_value=qemu):
            return machine.choose().place

    def test_the_three_places(self) -> None:
        self.assertEqual(self.choice("no /dev/kvm", None), "nest")
        self.assertEqual(self.choice(None, "no QEMU here"), "tree")
        self.assertEqual(self.choice(None, None), "here")

    def test_what_takes_too_long_here_is_ended(self) -> None:
        with mock.patch.dict(os.environ, {"VFE_OUT": str(self.folder)}), \
                self.assertRaisesRegex(LabError, "did not end within"):
            machine._here(["sleep", "60"], 0.2)  # pylint: disable=W0212


class BuildTest(Scripted):
    """The result of a killed make is not reused."""

    def test_an_interrupted_make_starts_over(self) -> None:
        folder = self.folder / "b"
        (folder / "out").mkdir(parents=True)
        with self.assertRaises(KeyboardInterrupt), build.building(folder):
            raise KeyboardInterrupt
        build.drop_interrupted(folder)
        self.assertFalse(folder.exists())

    def test_a_make_that_failed_goes_on(self) -> None:
        with self.assertRaises(LabError), build.building(self.folder):
            raise LabError("an error in the sources")
        build.drop_interrupted(self.folder)
        self.assertTrue(self.folder.exists())


class GuestTest(Scripted):
    """The error of a QEMU that does not start."""

    def boot(self, qemu: str) -> None:
        """Boot with a stand-in for QEMU."""
        program = self.program("qemu", qemu)
        with mock.patch.object(guest.Guest, "command_line",
                               return_value=[str(program)]):
            guest.Guest(name="g", logs=self.folder / "g").boot(timeout=5)

    def test_it_ends_at_once(self) -> None:
        with self.assertRaisesRegex(LabError, "QEMU ended with status 1: oh"):
            self.boot("echo oh; exit 1")

    def tries(self, *ends: Exception | None, accel: str = "kvm") -> int:
        """The number of starts if each ends like that."""
        with mock.patch.object(guest.Guest, "_try_boot",
                               side_effect=ends) as one:
            try:
                guest.Guest(name="g", logs=self.folder / "g",
                            accel=accel).boot()
            except LabError as error:
                self.assertIs(error, ends[-1])
        return one.call_count

    def test_one_that_says_nothing_is_started_again(self) -> None:
        silence = Silence("no answer")
        self.assertEqual(self.tries(silence, None), 2)
        self.assertEqual(self.tries(Silence("first"), silence), 2)

    def test_one_that_says_what_is_wrong_is_not(self) -> None:
        self.assertEqual(self.tries(LabError("too old")), 1)

    def test_without_kvm_there_is_no_excuse(self) -> None:
        self.assertEqual(self.tries(Silence("no answer"), accel="tcg"), 1)


class NestTest(Scripted):
    """A nested machine that ends too early."""

    def ended(self, console: str) -> LabError:
        """The error without a status, with this end of the console."""
        with mock.patch.object(nest.NestedMachine, "_write_command"), \
                mock.patch.object(paths, "state",
                                  return_value=self.folder), \
                mock.patch.object(paths, "logs",
                                  return_value=self.folder):
            (self.folder / "nest-console.log").write_text(console)
            one = nest.NestedMachine(["true"], self.folder)
            self.addCleanup(one.close)
            with self.assertRaises(LabError) as caught:
                one._status()   # pylint: disable=protected-access
        return caught.exception

    def tries(self, *ends: LabError | int, keeps: int = 0) -> int:
        """The number of starts if each run ends like that; the first ones keep
        something."""
        left = list(ends)

        def run(*args: Any) -> int:
            number = len(ends) - len(left)
            if number < keeps:
                (args[-1] / str(number)).touch()
            end = left.pop(0)
            if isinstance(end, LabError):
                raise end
            return end
        with mock.patch.object(nest, "_run_once", side_effect=run) as once, \
                mock.patch.object(paths, "state",
                                  return_value=self.folder), \
                mock.patch.object(paths, "logs",
                                  return_value=self.folder):
            try:
                self.assertEqual(nest.run_inside(["true"], 60), ends[-1])
            except LabError as error:
                self.assertIs(error, ends[-1])
        return once.call_count

    def test_its_own_panic_is_told_from_any_other_end(self) -> None:
        self.assertIsInstance(self.ended("Kernel panic - not syncing: Oops"),
                              nest.FellOver)
        self.assertNotIsInstance(self.ended("reboot: Power down"),
                                 nest.FellOver)

    def test_after_its_own_panic_it_is_started_once_more(self) -> None:
        fell = nest.FellOver("again")
        self.assertEqual(self.tries(nest.FellOver("once"), 3), 2)
        self.assertEqual(self.tries(nest.FellOver("once"), fell), 2)
        self.assertEqual(self.tries(LabError("too long")), 1)
        self.assertEqual(self.tries(1), 1)

    def test_one_that_gets_on_is_started_again(self) -> None:
        falls = [nest.FellOver(str(number)) for number in range(8)]
        self.assertEqual(self.tries(*falls[:4], 0, keeps=4), 5)
        # the second one kept nothing
        self.assertEqual(self.tries(*falls[:2], keeps=1), 2)
        self.assertEqual(self.tries(*falls[:nest.MOST_RESTARTS + 1],
                                    keeps=8), nest.MOST_RESTARTS + 1)


class CommandLineTest(unittest.TestCase):
    """Separation of options."""

    def split(self, *argv: str) -> tuple[list[str], list[str]]:
        """Our options, and the others."""
        return command._split(argv)  # pylint: disable=protected-access

    def test_options_of_the_device_are_passed_on(self) -> None:
        self.assertEqual(self.split("shell", "--here", "--poll", "--here"),
                         (["shell", "--here"], ["--poll", "--here"]))

    def test_two_dashes_end_ours(self) -> None:
        self.assertEqual(self.split("exec", "--", "--help"),
                         (["exec"], ["--help"]))


class KernelWordsTest(unittest.TestCase):
    """The lab's parameters on a kernel's command line."""

    def test_no_word_is_taken_for_a_parameter_of_ours(self) -> None:
        """modprobe would pass an unknown parameter to the module."""
        for words in (guest.APPEND, nest.APPEND, shell.words(24, 80)):
            for word in words.split():
                self.assertNotIn(word.split(".")[0], build.MODULES, word)

    def test_init_reads_the_words_of_the_shell(self) -> None:
        init = (TOOLS / "lab/guest_init.sh").read_text()
        for word in shell.words(24, 80).split():
            self.assertIn(word.split("=")[0], init)


class PathsTest(Scripted):
    """Places in messages."""

    def test_messages_name_the_hosts_folder(self) -> None:
        with mock.patch.dict(os.environ, {"VFE_HOST_STATE": "/host/s"}):
            log = paths.state() / "logs" / "x"
            self.assertEqual(paths.shown(log), "/host/s/logs/x")
            self.assertEqual(paths.shown(Path("/etc")), "/etc")
