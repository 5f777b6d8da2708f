# SPDX-License-Identifier: GPL-2.0
"""Bugs put into split.c, one at a time, that the tests of the ring must find.

Each names a line as it is and as it is not; a line that is no longer there
exactly once is a failure, so that the list keeps up with the source.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A bug: what is wrong, the text before and after."""

    name: str
    before: str
    after: str
    fuzzed: bool = False    # the fuzzer's kept inputs must find it too

    def apply(self, text: str) -> str:
        """The source with the bug; ValueError if it does not fit."""
        if text.count(self.before) != 1:
            raise ValueError(f"split.c has {text.count(self.before)} times"
                             f" {self.before!r}, not once: bring"
                             " tools/check/ring_mutants.py up to date")
        return text.replace(self.before, self.after)


MUTANTS = (
    Mutant("used id is not checked against the size",
           "if (id >= q->size || !r->bufs[id].token) {",
           "if (!r->bufs[id].token) {", fuzzed=True),
    Mutant("used id is not checked for a buffer",
           "if (id >= q->size || !r->bufs[id].token) {",
           "if (id >= q->size) {", fuzzed=True),
    Mutant("used length is not checked",
           "if (*len > r->bufs[id].in_len) {",
           "if (*len > r->bufs[id].in_len && !id) {", fuzzed=True),
    Mutant("used index is checked against what was not shown",
           "(u16)(r->shown_idx - r->last_used)",
           "(u16)(r->avail_idx - r->last_used)"),
    Mutant("descriptors of a chain are lost",
           "r->free += count;", "r->free += 1;"),
    Mutant("the free list ends in a chain's middle",
           "r->bufs[last].next = r->free_head;",
           "r->bufs[head].next = r->free_head;"),
    Mutant("a full ring takes one more",
           "if (r->free < count)", "if (r->free + 1 < count)", fuzzed=True),
    Mutant("a buffer's token stays",
           "r->bufs[head].token = NULL;", "", fuzzed=True),
    Mutant("kick decision forgets what was shown before",
           "new, old);", "new, new - 1);"),
    Mutant("kick decision looks at flags with EVENT_IDX too",
           "if (q->event_idx)\n\t\twanted = vring",
           "if (q->event_idx && !r->used->flags)\n\t\twanted = vring"),
    Mutant("to write comes before to read",
           "flags = n < out ? 0 : VRING_DESC_F_WRITE;\n"
           "\t\tif (n + 1 < total)\n\t\t\tflags |= VRING_DESC_F_NEXT;\n"
           "\t\tsplit_fill(&table",
           "flags = n > out ? 0 : VRING_DESC_F_WRITE;\n"
           "\t\tif (n + 1 < total)\n\t\t\tflags |= VRING_DESC_F_NEXT;\n"
           "\t\tsplit_fill(&table"),
    Mutant("a table is as long as it could be",
           ".len = total * sizeof(*table),",
           ".len = 8 * sizeof(*table),"),
    Mutant("the ring's memory begins as it was",
           "memset(r->memory, 0, r->memory_len);", ""),
    Mutant("the driver reads a descriptor back",
           "last = r->bufs[last].next;",
           "last = split_to16(r->desc[last].next);"),
    Mutant("a failed set-up leaves its memory",
           "\tkvfree(r->bufs);\n", ""),
    Mutant("flags are used with EVENT_IDX",
           "split_from16(r->last_used - 1));\n\t\treturn;",
           "split_from16(r->last_used - 1));"),
)
