/* SPDX-License-Identifier: GPL-2.0 */
/* For counters that are read during a reset: one thread here. */
#ifndef SHIM_LINUX_SEQLOCK_H
#define SHIM_LINUX_SEQLOCK_H

typedef struct {
	unsigned int sequence;
} seqcount_t;

#define seqcount_init(s)		((s)->sequence = 0)
#define raw_write_seqcount_begin(s)	((s)->sequence++)
#define raw_write_seqcount_end(s)	((s)->sequence++)
#define read_seqcount_begin(s)		((s)->sequence)
#define read_seqcount_retry(s, seq)	((s)->sequence != (seq))

#endif /* SHIM_LINUX_SEQLOCK_H */
