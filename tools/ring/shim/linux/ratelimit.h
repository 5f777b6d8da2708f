/* SPDX-License-Identifier: GPL-2.0 */
/* No limit on messages: a test counts them. */
#ifndef SHIM_LINUX_RATELIMIT_H
#define SHIM_LINUX_RATELIMIT_H

struct ratelimit_state {
	int unused;
};

#define __ratelimit(state)	((void)(state), 1)

#endif /* SHIM_LINUX_RATELIMIT_H */
