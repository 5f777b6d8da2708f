# SPDX-License-Identifier: GPL-2.0
"""Commands to the guest, and the ranges of jobs' writes."""

from __future__ import annotations

import subprocess
import unittest
from types import SimpleNamespace
from typing import Any, cast

from bench import session
from bench.row import Row
from bench.rows import blk as rows
from bench.session import GuestFunction, Session
from bench.workload import blk, fio
from count import driver
from lab import LabError
from lab.errors import Silence
from lab.guest import Guest

SCRIPTS = (session.LOAD, session.REGISTERS, session.PROBE,
           session.UNBIND)


class Told(unittest.TestCase):
    """A session whose guest records its commands."""

    def setUp(self) -> None:
        self.said: list[str] = []

        def run(text: str, _timeout: float) -> Any:
            self.said.append(text)
            return SimpleNamespace(out="", rc=0)

        self.there = SimpleNamespace(run=run, alive=True)
        self.guest = cast(Guest, self.there)

    def session(self, name: str) -> Session:
        """Of the setup of a name."""
        setup = next(one for one in (*rows.SETUPS, *rows.PAIR)
                     if one.name == name)
        return Session(self.guest, setup,
                       GuestFunction("0000:00:04.0", None, None), {})

    def test_only_a_guest_that_answers_is_asked_to_unbind(self) -> None:
        for error, asked in ((None, 1), (LabError("failed"), 1),
                             (Silence("no answer"), 0),
                             (KeyboardInterrupt(), 0)):
            self.said.clear()
            one = self.session("kernel")
            one.__exit__(type(error) if error else None, error, None)
            self.assertEqual(len(self.said), asked, error)
        self.said.clear()
        self.there.alive = False
        self.session("kernel").__exit__(LabError, LabError("ended"), None)
        self.assertEqual(self.said, [])

    def test_scripts_are_shell(self) -> None:
        for name in ("virtio-msix", "kernel", "trap-port"):
            one = self.session(name)
            for script in SCRIPTS:
                one.tell(script)
        self.session("kernel").work.above()
        self.said.append(driver._READ.format(   # pylint: disable=W0212
            bdf="a", above="true"))
        for text in self.said:
            done = subprocess.run(["bash", "-n"], input=text, text=True,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), text)

    def test_a_parameter_that_is_missing_matters_when_it_is_on(self) -> None:
        text = "\n".join(line.replace(
            "cd /sys/module/vfe/parameters", "cd /nonexistent")
            for line in session.LOAD.splitlines()[1:])
        done = subprocess.run(
            ["bash", "-c", text.format(module="none", parameters="depth=2",
                                       core="packed=0 in_order=1")],
            capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout),
                         (0, "no depth=2\nno in_order=1\n"))


class Regions(Told):
    """Ranges of writes."""

    def row(self, ops: int, rw: str = "randwrite") -> Row:
        """A row of this many operations."""
        return Row(rows.SETUPS[0], rw, 1, ops)

    def test_no_block_twice(self) -> None:
        one = self.session("virtio-msix")
        first, second = (one.work.job(self.row(10)) for _ in range(2))
        self.assertEqual(first.offset, blk.READ_BYTES)
        self.assertEqual(second.offset, first.offset + 10 * fio.BLOCK_SIZE)

    def test_no_room(self) -> None:
        many = blk.WRITE_BYTES // fio.BLOCK_SIZE
        one = self.session("virtio-msix")
        one.work.job(self.row(many))
        with self.assertRaisesRegex(LabError, "fewer operations"):
            one.work.job(self.row(1))
