/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of the driver in the kernel's log, for suites that count them. */
#ifndef VFE_KUNIT_LOG_H
#define VFE_KUNIT_LOG_H

#include <linux/kmsg_dump.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* The current end of the log */
static inline struct kmsg_dump_iter log_mark(void)
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	iter.cur_seq = iter.next_seq;
	return iter;
}

/* Lines of level @most or worse since @mark that contain @what */
static inline unsigned int log_count(struct kmsg_dump_iter mark,
				     const char *what, unsigned int most)
{
	unsigned int n = 0, level;
	char line[256];
	size_t len;

	while (kmsg_dump_get_line(&mark, true, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		if (sscanf(line, "<%u>", &level) == 1 && (level & 7) <= most &&
		    strstr(line, what))
			n++;
	}
	return n;
}

/* Errors (level 3 or worse) */
static inline unsigned int log_errors(struct kmsg_dump_iter mark,
				      const char *what)
{
	return log_count(mark, what, 3);
}

/* Warnings (level 4 or worse) */
static inline unsigned int log_warnings(struct kmsg_dump_iter mark,
					const char *what)
{
	return log_count(mark, what, 4);
}

/* Lines of any level */
static inline unsigned int log_lines(struct kmsg_dump_iter mark,
				     const char *what)
{
	return log_count(mark, what, 7);
}

#endif /* VFE_KUNIT_LOG_H */
