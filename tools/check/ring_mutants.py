# SPDX-License-Identifier: GPL-2.0
"""Bugs put into a ring, one at a time, that its tests must find.

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
    source: str = "split.c"
    fuzzed: bool = False    # the fuzzer's kept inputs must find it too

    def apply(self, text: str) -> str:
        """The source with the bug; ValueError if it does not fit."""
        if text.count(self.before) != 1:
            raise ValueError(f"{self.source} has {text.count(self.before)} x"
                             f" {self.before!r}, not once: bring"
                             " tools/check/ring_mutants.py up to date")
        return text.replace(self.before, self.after)


SPLIT = (
    Mutant("used id is not checked against the size",
           "if (id >= q->size || !r->bufs[id].token) {",
           "if (!r->bufs[id].token) {", fuzzed=True),
    Mutant("used id is not checked for a buffer",
           "if (id >= q->size || !r->bufs[id].token) {",
           "if (id >= q->size) {", fuzzed=True),
    Mutant("used length is not checked",
           "if (unlikely(*len > r->bufs[id].in_len)) {",
           "if (unlikely(*len > r->bufs[id].in_len && !id)) {", fuzzed=True),
    Mutant("used index is checked against what was not shown",
           "(u16)(r->shown_idx - last)",
           "(u16)(r->avail_idx - last)"),
    Mutant("descriptors of a chain are lost",
           "r->free += count;", "r->free += 1;"),
    Mutant("the free list ends in a chain's middle",
           "r->bufs[last].next = r->free_head;",
           "r->bufs[head].next = r->free_head;"),
    Mutant("a full ring takes one more",
           "if (r->free < out + in)", "if (r->free + 1 < out + in)",
           fuzzed=True),
    Mutant("a full ring of tables takes one more",
           "if (!r->free)\n", "if (!r->free && !r->avail_idx)\n",
           fuzzed=True),
    Mutant("a buffer's token stays",
           "buf->token = NULL;", "", fuzzed=True),
    Mutant("kick decision forgets what was shown before",
           "new, old);", "new, new - 1);"),
    Mutant("kick decision looks at flags with EVENT_IDX too",
           "if (how & SPLIT_EVENT)\n\t\tunwanted =",
           "if (how & SPLIT_EVENT && !r->used->flags)\n\t\tunwanted ="),
    Mutant("suppressed kicks are not counted",
           "vfe_ring_count(&q->kicks_suppressed);", ""),
    Mutant("to write comes before to read",
           "VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, table, how);",
           "VRING_DESC_F_NEXT, table, how);"),
    Mutant("a chain has no end",
           "c->last->flags = split_from16(in ? VRING_DESC_F_WRITE : 0);", ""),
    Mutant("a table is as long as it could be",
           "d->len = split_from32(n * VFE_DESC_SIZE);",
           "d->len = split_from32(8 * VFE_DESC_SIZE);"),
    Mutant("the driver reads a descriptor back",
           "last = r->bufs[last].next;",
           "last = split_to16(r->desc[last].next);"),
    Mutant("flags are used with EVENT_IDX",
           "split_from16(r->last_used - 1));\n\t\treturn;",
           "split_from16(r->last_used - 1));"),
    Mutant("an interrupt asked for later comes too late",
           "n = out ? min(n, out) : 1;", "n = out ? n : 1;"),
    Mutant("an interrupt asked for later is one late",
           "split_from16(r->last_used + n - 1)",
           "split_from16(r->last_used + n)"),
    Mutant("a later interrupt that cannot come is promised",
           "(u16)(r->seen_used - r->last_used) < n;",
           "(u16)(r->seen_used - r->last_used) <= n;"),
    Mutant("in order, descriptors are taken from the free list",
           "return (i + 1) & (q->size - 1);",
           "return q->split->bufs[i].next;"),
    Mutant("in order, a batch is of one",
           "r->batch = batch;", "r->batch = 1;"),
    Mutant("in order, a batch is not checked against the index",
           "if (batch > (u16)(r->seen_used - r->last_used)) {",
           "if (!batch) {"),
    Mutant("in order, what was skipped has the last one's length",
           "*len = --r->batch ? r->bufs[head].in_len : r->batch_len;",
           "r->batch--;\n\t*len = r->batch_len;"),
    Mutant("in order, the next buffer begins one descriptor on",
           "r->oldest = (head + r->bufs[head].count) & (q->size - 1);",
           "r->oldest = (head + 1) & (q->size - 1);"),
)

MEMORY = (
    Mutant("the ring's memory begins as it was",
           "memset(r->memory, 0, r->memory_len);", "",
           "split_memory.c"),
    Mutant("a failed set-up leaves its memory",
           "\tkvfree(r->bufs);\n", "", "split_memory.c"),
    Mutant("the device's part is not aligned",
           "ALIGN(avail_at + avail_len, q->align)", "avail_at + avail_len",
           "split_memory.c"),
    Mutant("the packed ring's memory begins as it was",
           "memset(r->memory, 0, r->memory_len);", "",
           "packed_memory.c"),
    Mutant("wrap counters begin as 0",
           "r->avail_flags = PACKED_AVAIL;", "r->avail_flags = PACKED_USED;",
           "packed_memory.c"),
    Mutant("the tables of a ring are not freed",
           "if (t->table[i].desc)",
           "if (i && t->table[i].desc)",
           "tables.c"),
)

PACKED = tuple(Mutant(name, before, after, "packed.c", fuzzed)
               for name, before, after, fuzzed in (
    ("used id is not checked against the size",
     "if (id >= q->size || !r->bufs[id].token ||",
     "if (!r->bufs[id].token ||", True),
    ("used id is not checked for a buffer",
     "if (id >= q->size || !r->bufs[id].token ||",
     "if (id >= q->size ||", False),
    ("a buffer that was not shown is used",
     "r->bufs[id].number >= r->num_shown) {",
     "r->bufs[id].number > r->added) {", False),
    ("used length is not checked",
     "if (likely(*len <= r->bufs[id].in_len))",
     "if (likely(*len <= r->bufs[id].in_len || id))", False),
    ("a length without WRITE is looked at",
     "if (!(flags & VRING_DESC_F_WRITE)) {",
     "if (!flags) {", False),
    ("a length without WRITE that may be right is not taken",
     "if (likely(*len <= r->bufs[id].in_len))",
     "if (*len <= r->bufs[id].in_len && flags & VRING_DESC_F_WRITE)", False),
    ("used is what is not available any more",
     "return (flags & PACKED_OWNER) ==\n"
     "\t       (place & PACKED_WRAP ? PACKED_OWNER : 0);",
     "return !!(flags & PACKED_USED) == !!(place & PACKED_WRAP);", False),
    ("descriptors of a list are lost",
     "r->free += buf->count;", "r->free += 1;", False),
    ("a full ring takes one more",
     "if (r->free < total)", "if (r->free + 1 < total)", False),
    ("a full ring of tables takes one more",
     "if (!r->free)\n", "if (!r->free && !r->added)\n", False),
    ("a buffer's token stays",
     "buf->token = NULL;", "", False),
    ("an id is given twice",
     "r->free_id = buf->next;", "r->free_id = buf->next & ~1;", False),
    ("what is refused leaves descriptors that look available",
     "if (in_len + packed_len(segs, out) > U32_MAX)\n\t\treturn -EINVAL;\n"
     "\thead_flags",
     "if (in_len + packed_len(segs, out) > U32_MAX)\n\t\ttotal--;\n"
     "\thead_flags", False),
    ("the head is available before the rest is shown",
     "r->first = head;\n\t\tr->first_flags = head_flags;",
     "r->first = head;\n\t\tr->first_flags = head_flags;\n"
     "\t\tr->desc[head].flags = cpu_to_le16(head_flags);", False),
    ("wrap counters do not change",
     "*flags ^= PACKED_OWNER;", "", False),
    ("the last of a list leads on",
     "if (n + 1 < total)", "if (n < total)", False),
    ("to write comes before to read",
     "more = n < out ? 0 : VRING_DESC_F_WRITE;",
     "more = n > out ? 0 : VRING_DESC_F_WRITE;", False),
    ("a table has other flags",
     "packed_fill_table(d, segs, out, 0);",
     "packed_fill_table(d, segs, out, VRING_DESC_F_NEXT);", False),
    ("kick decision looks at the round before",
     "if ((event ^ new) & PACKED_WRAP)\n\t\tslot -= q->size;", "", False),
    ("kick decision forgets how much was shown",
     "vring_need_event(slot, end, end - n);",
     "vring_need_event(slot, end, end - 1);", False),
    ("a place is asked for without EVENT_IDX",
     "if (how & PACKED_EVENT)\n\t\tpacked_say",
     "if (how || 1)\n\t\tpacked_say", False),
    ("a place asked for later keeps its wrap counter",
     "slot -= q->size;\n\t\twrap ^= PACKED_WRAP;",
     "slot -= q->size;", False),
    ("an interrupt asked for later comes too late",
     "n = out ? min(n, out) : 1;", "n = out ? n : 1;", False),
    ("the next used one is looked for one slot on",
     "unsigned int slot = (place & PACKED_SLOT) + count;",
     "unsigned int slot = (place & PACKED_SLOT) + 1;", False),
    ("a notification tells of what is not shown",
     "return READ_ONCE(q->packed->shown);",
     "return packed_place(q->packed->avail_slot, q->packed->avail_flags);",
     False),
    ("in order, a batch is of one",
     "r->batch = (id < r->oldest ? id + q->size : id) - r->oldest + 1;",
     "r->batch = 1;", False),
    ("in order, ids do not go around",
     "r->batch = (id < r->oldest ? id + q->size : id) - r->oldest + 1;",
     "r->batch = id - r->oldest + 1;", False),
    ("in order, what was skipped has the last one's length",
     "*len = --r->batch ? r->bufs[id].in_len : r->batch_len;",
     "r->batch--;\n\t*len = r->batch_len;", False),
    ("in the middle of a batch there is nothing",
     "return q->packed->batch || packed_pending(q);",
     "return packed_pending(q);", False),
))

MUTANTS = SPLIT + MEMORY + PACKED
