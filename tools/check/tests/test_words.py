# SPDX-License-Identifier: GPL-2.0
"""The patterns for plain English: findings, and text without findings."""

from __future__ import annotations


from check import words

from .test_check import Folder


class Words(Folder):
    """Findings in a checkout of one file."""

    def found(self, name: str, text: str) -> list[str]:
        """The findings in a file with this text."""
        self.write(name, text)
        return words.findings(self.root)

    def test_each_term_in_each_place(self) -> None:
        for text in ("a reset asked for", "told to who looks",
                     "a vector a queue", "what is used then", "for want of it",
                     "It should be able to.", "it is to be reset"):
            for name, form in (("a.c", "/* {} */"), ("a.h", 'f("{}");'),
                               ("a.py", "# {}"), ("b.py", '"""{}"""'),
                               ("a.md", "{}"), ("a.sh", "# {}"),
                               ("sysfs-a", "\t\t{}")):
                with self.subTest(text=text, name=name):
                    found = self.found(name, form.format(text) + "\n")
                    self.assertEqual(len(found), 1, found)
                    self.write(name, "")

    def test_plain_english(self) -> None:
        self.assertEqual(self.found("a.c", "/* The driver checks the buffer"
                                    " that the device used, one per queue;"
                                    " whose buffer it is, and a user who"
                                    " reads it, does not matter. */"), [])

    def test_code_is_not_prose(self) -> None:
        self.assertEqual(self.found("a.c", "int who, twin = mend(what);\n"), [])

    def test_long_sentence(self) -> None:
        text = " ".join(["word"] * 41)
        found = self.found("a.md", f"A title.\n\n{text}.\n")
        self.assertEqual(len(found), 1)
        self.assertIn("41 words, at most 40", found[0])

    def test_names(self) -> None:
        found = self.found("a.c", "static int vfet_probe(int pleas);\n")
        self.assertEqual(len(found), 2)
        self.assertIn("vfe_trap_", found[0])
