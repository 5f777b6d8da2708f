# SPDX-License-Identifier: GPL-2.0
"""A wrong command line prints one line with the problem."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from .case import DeviceCase
from .process import DeviceProcess, binary, environment, pattern
from .driver import SECTOR


class CommandLine(DeviceCase):
    """Each bad input of the manual."""

    def run_device(self, *arguments: str, output: bool = False,
                   ) -> tuple[int, str]:
        """Run it to its end; exit code and stderr, or standard output."""
        done = subprocess.run([binary(), *arguments], timeout=10, check=False,
                              capture_output=True, env=environment(),
                              stdin=subprocess.DEVNULL, cwd=self.folder)
        said = done.stdout if output else done.stderr
        return done.returncode, said.decode()

    def complains(self, *arguments: str, words: tuple[str, ...] = ()) -> None:
        """One line on stderr with these words, and a code of failure."""
        with self.subTest(arguments=arguments):
            code, text = self.run_device(*arguments)
            self.assertGreater(code, 0, text)
            self.assertLess(code, 99, text)
            self.assertEqual(len(text.strip().splitlines()), 1, text)
            for word in words:
                self.assertIn(word, text)

    def with_backing(self, backing: Path | str, *more: str,
                     words: tuple[str, ...] = ()) -> None:
        """complains() with a good socket and this backing file."""
        self.complains("--socket", str(self.folder / "s"), "--backing",
                       str(backing), *more, words=words)
        self.assertFalse((self.folder / "s").exists(), "a socket was left")

    def test_nothing(self) -> None:
        self.complains(words=("--socket",))

    def test_missing_options(self) -> None:
        good = str(self.backing())
        self.complains("--backing", good, words=("--socket",))
        self.complains("--socket", "s", words=("--backing",))

    def test_missing_values(self) -> None:
        for option in ("--socket", "--backing", "--queues", "--id"):
            self.complains("--socket", "s", "--backing", "b", option,
                           words=(option,))

    def test_unknown_option(self) -> None:
        self.with_backing(self.backing(), "--frobnicate",
                          words=("--frobnicate",))
        self.with_backing(self.backing(), "stray", words=("stray",))

    def test_backing_missing(self) -> None:
        self.with_backing(self.folder / "absent", words=("absent",))
        self.with_backing(self.folder / "no" / "folder", words=("folder",))

    def test_backing_is_a_folder(self) -> None:
        self.with_backing(self.folder, words=(str(self.folder),))

    def test_backing_is_no_disk(self) -> None:
        self.with_backing("/dev/null", words=("/dev/null",))

    def test_backing_sizes(self) -> None:
        for size in (0, 1, 511, 513, 1025):
            path = self.folder / "odd"
            path.write_bytes(bytes(size))
            self.with_backing(path, words=("odd",))

    def test_backing_in_use(self) -> None:
        device = self.launch()
        self.with_backing(device.backing, words=(str(device.backing),))
        self.serves(device)

    def test_socket_in_use(self) -> None:
        device = self.launch()
        other = self.folder / "other"
        other.write_bytes(pattern(8))
        self.complains("--socket", str(device.socket), "--backing",
                       str(other), words=(str(device.socket),))
        self.serves(device)

    def test_control_socket_in_use(self) -> None:
        device = self.launch()
        other = self.folder / "other"
        other.write_bytes(pattern(8))
        self.with_backing(other, "--control", str(device.control_path),
                          words=(str(device.control_path),))
        self.assertTrue(device.control()["ok"])

    def test_stale_socket_is_replaced(self) -> None:
        """Left behind by a device that was killed."""
        device = self.launch()
        device.process.kill()
        device.process.wait(5)
        self.assertTrue(device.socket.exists())
        again = DeviceProcess(device.socket.parent, (), device.backing)
        try:
            self.eventually(again.alive, "not alive")
            self.serves(again)
        finally:
            device.process.returncode = 0
            self.assertEqual(again.stop(), "")

    def test_file_where_the_socket_goes(self) -> None:
        """A file that is no socket is never removed."""
        precious = self.folder / "precious"
        precious.write_text("data")
        self.complains("--socket", str(precious), "--backing",
                       str(self.backing()), words=("precious",))
        self.assertEqual(precious.read_text(), "data")

    def test_socket_paths(self) -> None:
        good = str(self.backing())
        self.complains("--socket", str(self.folder / "no" / "s"),
                       "--backing", good, words=("no/s",))
        self.complains("--socket", str(self.folder / ("x" * 200)),
                       "--backing", good)
        self.complains("--socket", "", "--backing", good)

    def test_numbers(self) -> None:
        for option, values in (
                ("--queues", ("0", "-1", "65", "4x", "", "1e3", "99999999999",
                              " ")),
                ("--queue-size", ("0", "1025", "65536", "-4", "0x", "many"))):
            for value in values:
                self.with_backing(self.backing(), option, value,
                                  words=(option,))

    def test_choices(self) -> None:
        for option in ("--id", "--doorbell"):
            for value in ("", "other", "vfe,stock"):
                self.with_backing(self.backing(), option, value,
                                  words=(option,))

    def test_unknown_feature(self) -> None:
        self.with_backing(self.backing(), "--features-off", "event_idx,warp",
                          words=("warp", "packed"))

    def test_unknown_fault(self) -> None:
        self.with_backing(self.backing(), "--fault", "generation,warp",
                          words=("--fault", "warp", "queue_reset"))

    def test_quirks(self) -> None:
        for value, word in (("frobnicate", "frobnicate"),
                            ("used-len=x", "all-ones"),
                            ("slow-reset=700", "600"),
                            ("blk-size", "missing"),
                            ("wide-status=1", "no value")):
            self.with_backing(self.backing(), "--quirk", value, words=(word,))
        self.with_backing(self.backing(), "--quirk", "shared-notify",
                          "--doorbell", "map", words=("doorbell",))

    def test_values_of_the_disk(self) -> None:
        for option, value, word in (
                ("--serial", "x" * 21, "at most 20"),
                ("--serial", "a b", "printable"),
                ("--lifetime", "4,0,0", "up to 3"),
                ("--lifetime", "1,2", "three numbers"),
                ("--zoned", "host-aware", "host-managed"),
                ("--zoned", "host-managed,zone-size=1", "multiple"),
                ("--service", "warp:1", "constant"),
                ("--parallel", "0", "1 to 1024"),
                ("--fail-every", "0", "--fail-every"),
                ("--seed", "-1", "--seed")):
            self.with_backing(self.backing(), option, value, words=(word,))

    def test_class(self) -> None:
        self.complains("--class", "warp", words=("--class warp",))
        self.complains("--class", words=("--class", "missing"))
        self.complains("--socket", "s", "--class", "rng", words=("first",))
        self.complains("--class", "rng", "--socket", "s", "--backing", "b",
                       words=("--backing", "unknown option"))
        self.complains("--class", "rng", "--socket", "s", "--queues", "2",
                       words=("1 to 1",))
        self.complains("--class", "rng", "--socket", "s", "--entropy-seed",
                       "x", words=("--entropy-seed",))

    def test_control_path(self) -> None:
        path = str(self.folder / "s")
        self.complains("--socket", path, "--backing", str(self.backing()),
                       "--control", path, words=("same path",))

    def test_log_cannot_be_made(self) -> None:
        self.with_backing(self.backing(), "--log",
                          str(self.folder / "no" / "log"), words=("no/log",))

    def test_help(self) -> None:
        done = subprocess.run([binary(), "--help"], timeout=10, check=False,
                              capture_output=True, env=environment())
        self.assertEqual(done.returncode, 0)
        for option in (b"--socket", b"--backing", b"--doorbell", b"--poll",
                       b"--features-off", b"--fault"):
            self.assertIn(option, done.stdout)

    def test_version(self) -> None:
        """The version equals that of the modules."""
        header = (Path(__file__).resolve().parents[3]
                  / "include/vfe/version.h").read_text()
        version = re.search(r'VFE_VERSION\s+"([^"]+)"', header)
        assert version is not None
        self.assertEqual(self.run_device("--version", output=True),
                         (0, f"vfe-device {version.group(1)}\n"))

    def test_log_file(self) -> None:
        log = self.folder / "log"
        device = self.launch("--log", str(log))
        self.serves(device)
        self.eventually(lambda: "disconnected" in log.read_text(),
                        "nothing in the log")

    def test_readonly_file(self) -> None:
        """--readonly needs no right to write, and never writes."""
        backing = self.backing()
        backing.chmod(0o400)
        device = DeviceProcess(self.folder, ("--readonly",), backing)
        self.addCleanup(self.stopped, device)
        self.serves(device)
        self.assertEqual(backing.read_bytes()[:SECTOR], pattern(1))
