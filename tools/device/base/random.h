/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/* splitmix64: the next number of the sequence that @state began as a seed */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

#endif /* RANDOM_H */
