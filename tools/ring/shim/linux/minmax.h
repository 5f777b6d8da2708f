/* SPDX-License-Identifier: GPL-2.0 */
/* The smaller one, of two types that need not be the same. */
#ifndef SHIM_LINUX_MINMAX_H
#define SHIM_LINUX_MINMAX_H

#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define clamp_t(type, v, low, high) \
	((type)min(max((type)(v), (type)(low)), (type)(high)))

#endif /* SHIM_LINUX_MINMAX_H */
