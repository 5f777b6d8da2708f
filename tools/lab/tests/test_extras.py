# SPDX-License-Identifier: GPL-2.0
"""Debian packages beside the rootfs."""

from __future__ import annotations

import tempfile
import unittest
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from lab import LabError, extras


@contextmanager
def fetching(code: int) -> Iterator[tuple[Path, mock.Mock]]:
    """A state folder, and a rootfs whose commands end with this status."""
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)

        def run(argv: Sequence[str], **options: Any) -> int:
            options["log"].write_text("E: no such host\n")
            if not code:
                made = state / Path(argv[4]).relative_to("/state")
                (made / "usr").mkdir()
            return code

        with mock.patch("lab.paths.state", lambda: state), \
                mock.patch("lab.tree.need_root"), \
                mock.patch("lab.chroot.run", side_effect=run) as runs:
            yield state, runs


class Extras(unittest.TestCase):
    """extras.py"""

    def test_fetched_once(self) -> None:
        with fetching(0) as (state, runs):
            extras.ensure("dpdk")
            extras.ensure("dpdk")
            self.assertEqual(runs.call_count, 1)
            self.assertIn("librte-net-vhost25", runs.call_args.args[0])
            folder = extras.get("dpdk")
            self.assertEqual(folder.parent, state / "extras")
            self.assertEqual([path.name for path in folder.iterdir()],
                             ["usr"])

    def test_every_purpose(self) -> None:
        """Few have packages without what these depend on."""
        for name, packages in extras.PACKAGES.items():
            with fetching(0) as (_, runs):
                extras.ensure(name)
                argv = runs.call_args.args[0]
                self.assertEqual(argv[5], " ".join(extras.ALONE.get(name, ())))
                self.assertEqual(tuple(argv[6:]), packages)

    def test_failure_leaves_nothing(self) -> None:
        with fetching(100):
            with self.assertRaisesRegex(LabError, "dpdk .*no such host"):
                extras.ensure("dpdk")
            with self.assertRaisesRegex(LabError, "extras.ensure"):
                extras.get("dpdk")

    def test_all_of_apt_is_in_the_folder(self) -> None:
        text = extras.configuration("/state/x")
        for line in text.splitlines():
            self.assertRegex(line, r'^\S+ ".*";$')
        self.assertIn('Dir::Cache "/state/x/cache";', text)
        self.assertIn('Dir::State::Lists "/state/x/lists";', text)
