# SPDX-License-Identifier: GPL-2.0
"""Copies, hashes, waits, and commands with a log."""

from __future__ import annotations

import gzip
import socket
import struct
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import LabError, files, kernel, progress
from lab.channel import Channel, Deadline


class Folder(unittest.TestCase):
    """A test with a separate folder."""

    def setUp(self) -> None:
        # pylint: disable-next=consider-using-with
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)


class FilesTest(Folder):
    """Incomplete results do not count as complete."""

    def test_a_failed_make_leaves_nothing(self) -> None:
        def fail(path: Path) -> None:
            path.write_text("half")
            raise OSError("disk full")
        with self.assertRaises(OSError):
            files.make_whole(self.folder / "thing", fail)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_a_killed_run_left_is_removed(self) -> None:
        (self.folder / ".thing.0000").mkdir()
        files.make_whole(self.folder / "thing", Path.mkdir)
        self.assertEqual([path.name for path in self.folder.iterdir()],
                         ["thing"])

    def test_the_only_run_removes_what_others_left(self) -> None:
        for name in ("bench-1", "guest-1"):
            (self.folder / name).mkdir()
        with files.sole_run(self.folder, "bench"):
            self.assertFalse((self.folder / "bench-1").exists())
        self.assertTrue((self.folder / "guest-1").exists())

    def test_a_hash_keeps_its_parts_apart(self) -> None:
        self.assertNotEqual(files.digest(["ab", "c"]),
                            files.digest(["a", "bc"]))

    def test_a_copy_touches_only_what_changed(self) -> None:
        source, target = self.folder / "a", self.folder / "b"
        (source / "d").mkdir(parents=True)
        (source / "d/one.c").write_text("1")
        (source / "d/two.c").write_text("2")

        def copy() -> bool:
            return files.mirror_sources(source, target, ["d"],
                                        lambda path: path.suffix == ".c")
        self.assertTrue(copy())
        self.assertFalse(copy())
        (target / "d/one.o").write_text("built")
        (source / "d/two.c").unlink()
        self.assertTrue(copy())
        self.assertEqual(sorted(path.name for path in
                                (target / "d").iterdir()),
                         ["one.c", "one.o"])


class CommandTest(Folder):
    """Commands that run into a log."""

    def test_a_failure_names_what_and_what_to_do(self) -> None:
        with mock.patch("sys.stderr"), self.assertRaises(LabError) as caught:
            progress.run_logged(["sh", "-c", "exit 7"], self.folder / "log",
                                what="a thing", hint="do this")
        self.assertIn("a thing failed (exit 7): do this", str(caught.exception))


class ChannelTest(Folder):
    """Every wait ends."""

    def setUp(self) -> None:
        super().setUp()
        self.server = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.server.close)
        self.path = self.folder / "s"

    def connect(self) -> tuple[Channel, socket.socket]:
        """A channel and its other end."""
        self.server.bind(str(self.path))
        self.server.listen()
        channel = Channel(self.path, "the peer", lambda: None)
        peer, _ = self.server.accept()
        self.addCleanup(peer.close)
        self.addCleanup(channel.close)
        return channel, peer

    def test_lines_and_bytes(self) -> None:
        channel, peer = self.connect()
        peer.sendall(b"one\ntw")
        peer.sendall(b"o\n12345")
        self.assertEqual(channel.line(Deadline(5)), b"one")
        self.assertEqual(channel.line(Deadline(5)), b"two")
        self.assertEqual(channel.exactly(3, Deadline(5)), b"123")

    def test_silence_ends_at_the_deadline(self) -> None:
        channel, _ = self.connect()
        with self.assertRaisesRegex(LabError, "no answer within"):
            channel.line(Deadline(0.1))

    def test_a_closed_peer_is_an_error(self) -> None:
        channel, peer = self.connect()
        peer.close()
        with self.assertRaisesRegex(LabError, "closed"):
            channel.line(Deadline(5))


class KernelTest(Folder):
    """The ELF kernel out of a bzImage."""

    def image(self, payload: bytes) -> Path:
        """A file with the layout of the boot protocol."""
        data = bytearray(2 * 512 + 0x40)
        data[kernel.SETUP_SECTS] = 1
        struct.pack_into("<II", data, kernel.PAYLOAD, 0x40, len(payload))
        path = self.folder / "vmlinuz"
        path.write_bytes(bytes(data) + payload + b"more")
        return path

    def extract(self, size: int) -> None:
        """A kernel of 100 bytes with @size as its recorded size."""
        plain = b"\x7fELF" + bytes(96)
        # The size is gzip's last word, as in a real bzImage.
        payload = gzip.compress(plain)[:-4] + struct.pack("<I", size)
        kernel.extract(self.image(payload), self.folder / "out")

    def test_a_whole_kernel(self) -> None:
        self.extract(100)
        self.assertEqual((self.folder / "out").stat().st_size, 100)

    def test_a_kernel_cut_short_is_refused(self) -> None:
        with self.assertRaisesRegex(LabError, "100 of 200 bytes"):
            self.extract(200)
