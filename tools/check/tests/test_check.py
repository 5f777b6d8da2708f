# SPDX-License-Identifier: GPL-2.0
"""The check's counts and rules."""

from __future__ import annotations

import io
import tempfile
import unittest
from pathlib import Path

from check import checkpatch, rules, stage_build, tally, units
from check.context import Context
from lab import progress

SPDX = "// SPDX-License-Identifier: GPL-2.0\n"


def context(*patterns: str) -> Context:
    """A context whose log goes nowhere."""
    return Context(io.StringIO(), progress.Step("test", None), "tcg",
                   patterns)


class Folder(unittest.TestCase):
    """A minimal checkout."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, name: str, text: str) -> None:
        """A file of the checkout."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Tallies(Folder):
    """Good results."""

    def test_nothing_is_not_good(self) -> None:
        self.assertFalse(tally.Tally().good)

    def test_a_failure_is_not_good(self) -> None:
        result = tally.Tally(5)
        result.judge("a check", "a problem")
        self.assertFalse(result.good)
        self.assertEqual((result.passed, result.failed), (5, 1))


class Commands(unittest.TestCase):
    """Time limits and exit codes of commands."""

    def test_too_long(self) -> None:
        code, output = context().run(["sleep", "30"], timeout=0.2)
        self.assertLess(code, 0)
        self.assertIn("took over", output)


class Suites(Folder):
    """units.run() tallies a real suite."""

    def run_suite(self, body: str, *patterns: str) -> tally.Tally:
        """The tally of a suite with this body."""
        self.write("suite/__init__.py", "")
        self.write("suite/test_it.py", "import unittest\n\n\n"
                   f"class T(unittest.TestCase):\n{body}")
        one = context(*patterns)
        units.run(one, self.root, "suite")
        return one.tally

    def test_passes_and_failures(self) -> None:
        result = self.run_suite(
            "    def test_a(self): pass\n"
            "    def test_b(self): self.fail('seeded')\n"
            "    def test_c(self): raise KeyError('seeded')\n")
        self.assertEqual((result.passed, result.failed), (1, 2))
        self.assertIn("seeded", result.failures[0].text)

    def test_failed_subtests(self) -> None:
        result = self.run_suite(
            "    def test_a(self):\n"
            "        for n in range(3):\n"
            "            with self.subTest(n=n):\n"
            "                self.assertEqual(n, 1)\n")
        self.assertEqual((result.passed, result.failed), (0, 1))

    def test_no_test_is_a_failure(self) -> None:
        self.assertEqual(self.run_suite("    pass\n").failed, 1)

    def test_crash_is_a_failure(self) -> None:
        result = self.run_suite("    def test_a(self):\n"
                                "        import os; os.abort()\n")
        self.assertEqual((result.passed, result.failed), (0, 1))

    def test_broken_import_is_a_failure(self) -> None:
        self.assertGreater(self.run_suite("    import nothing_like_it\n"
                                          ).failed, 0)


class Rules(Folder):
    """Each rule finds seeded violations, and nothing in clean code."""

    def test_top_level(self) -> None:
        self.write(".hidden", "")
        self.write("drivers/a.c", "")
        self.assertEqual(rules.top_level(self.root), [])
        self.write("stray", "")
        self.assertEqual(len(rules.top_level(self.root)), 1)

    def test_spdx(self) -> None:
        self.write("a.c", SPDX)
        self.write("b.sh", "#!/bin/sh\n# " + SPDX[3:])
        self.assertEqual(rules.spdx(self.root), [])
        self.write("c.py", "import os\n")
        self.write("d.sh", "#!/bin/sh\n")
        self.assertEqual(len(rules.spdx(self.root)), 2)

    def test_long_file(self) -> None:
        self.write("a.c", "\n" * rules.MAX_FILE_LINES)
        self.assertEqual(rules.file_lengths(self.root), [])
        self.write("a.c", "\n" * (rules.MAX_FILE_LINES + 1))
        self.assertEqual(len(rules.file_lengths(self.root)), 1)

    def test_long_function(self) -> None:
        self.write("a.c", "static int\nf(int a,\n  int b)\n{\n"
                   + "\tx();\n" * 78 + "}\n")
        self.assertEqual(rules.function_lengths(self.root), [])
        self.write("a.c", "static int f(void)\n{\n" + "\tx();\n" * 79
                   + "}\n")
        found = rules.function_lengths(self.root)
        self.assertEqual(len(found), 1)
        self.assertIn("f has 81", found[0])

    def test_register_access(self) -> None:
        for text in ("x = readl(p);", "iowrite16(1, p);", "outb(1, 2);",
                     "memcpy_fromio(a, b, 4);", "insl(p, b, 4);",
                     "ioread32_rep(p, b, 4);", "writeq_relaxed(1, p);"):
            self.write("drivers/blk/a.c", f"\t{text}\n")
            self.assertEqual(len(rules.register_accesses(self.root)), 1,
                             text)
        for text in ("/* readl(p) */", 'say("readl(p)");', "threadl(p);",
                     "vfe_read(p);"):
            self.write("drivers/blk/a.c", f"\t{text}\n")
            self.assertEqual(rules.register_accesses(self.root), [], text)
        self.write("drivers/core/regs.c", "readl(p);\n")
        self.assertEqual(rules.register_accesses(self.root), [])
        self.assertEqual(rules.register_file_is_used(self.root), [])

    def test_abi(self) -> None:
        self.write(rules.SYSFS, "static DEVICE_ATTR_RO(exits);\n"
                   'static struct attribute a = { .name = "reset" };\n')
        self.write(rules.ABI, "What: .../vfe/exits\n")
        self.assertEqual(len(rules.abi(self.root)), 1)
        self.assertIn("reset", rules.abi(self.root)[0])


class Outputs(unittest.TestCase):
    """Parsing of tools' output."""

    def test_complaints_of_a_build(self) -> None:
        said = ("  CC [M]  a.o\na.c:1:2: warning: unused\n"
                "WARNING: modpost: missing MODULE_LICENSE\n"
                "a.c:3:1: error: no\n"
                "  CC [M]  drivers/scsi/error.o\n"
                "  CHECK   drivers/scsi/error.c\n"
                "drivers/scsi/error.c:7:9: warning: unused\n"
                "make[3]: *** [Makefile:9: drivers/scsi/error.o] Error 1\n"
                "warning: the compiler differs from the one used to build\n")
        self.assertEqual(len(stage_build.complaints(said)), 5)

    def test_checkpatch_exceptions(self) -> None:
        judge = checkpatch.Judge([checkpatch.Waiver("a/*", "KIND", "why")])
        self.assertEqual(judge.findings(1, "a/b.c:1: CHECK:KIND: text\n"), "")
        self.assertTrue(judge.findings(1, "c/b.c:1: CHECK:KIND: text\n"))
        self.assertTrue(judge.findings(1, "a/b.c:1: CHECK:OTHER: text\n"))
        self.assertTrue(judge.findings(2, ""))
        self.assertEqual(judge.findings(1, (
            "sh: 1: git: not found\n"
            "/x/checkpatch.pl: Can't write '.checkpatch-camelcase.git.' Read-"
            "only file system\n"
            "a/b.c:1: CHECK:KIND: text\n")), "")
        self.assertTrue(judge.stale(["c/b.c"]))
        self.assertFalse(judge.stale(["a/b.c"]))
