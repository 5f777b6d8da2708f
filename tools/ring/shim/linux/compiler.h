/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Single accesses and barriers, in one of three ways:
 *
 * - plain: the compiler's and this CPU's (unit tests, fuzzer, instruction
 * counts);
 * - SHIM_TSAN: for ThreadSanitizer, with the fences that it does not support
 * (order_tsan.c);
 * - SHIM_TSO: as steps of a machine with store buffers (order_tso.c).
 *
 * SHIM_DROP_WMB, SHIM_DROP_RMB and SHIM_DROP_MB leave a barrier out, for the
 * runs that prove that the tests notice.
 */
#ifndef SHIM_LINUX_COMPILER_H
#define SHIM_LINUX_COMPILER_H

#include <stdint.h>

#define __printf(text, args) \
	__attribute__((format(printf, text, args)))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))

#if defined(SHIM_TSAN) || defined(SHIM_TSO)

uint64_t order_load(const void *p, unsigned int size);
void order_store(void *p, unsigned int size, uint64_t value);
void order_wmb(void);
void order_rmb(void);
void order_mb(void);

#define READ_ONCE(x)	((typeof(x))order_load((const void *)&(x), sizeof(x)))
#define WRITE_ONCE(x, v) \
	order_store((void *)&(x), sizeof(x), (typeof(x))(v))

#else

#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))

#define order_barrier()	__asm__ __volatile__("" : : : "memory")

/* x86 keeps loads in order, and stores; elsewhere the fences cost something */
#if defined(__x86_64__)
#define order_wmb()	order_barrier()
#define order_rmb()	order_barrier()
#else
#define order_wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)
#define order_rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif
#define order_mb()	__sync_synchronize()

#endif

#ifdef SHIM_DROP_WMB
#define dma_wmb()	((void)0)
#else
#define dma_wmb()	order_wmb()
#endif

#ifdef SHIM_DROP_RMB
#define dma_rmb()	((void)0)
#else
#define dma_rmb()	order_rmb()
#endif

#ifdef SHIM_DROP_MB
#define virt_mb()	((void)0)
#define mb()		((void)0)
#else
#define virt_mb()	order_mb()
#define mb()		order_mb()
#endif

/* between CPUs: for counters, not for the ring */
#define smp_rmb()	order_rmb()
#define smp_mb()	order_mb()

/* only for counts; SHIM_NO_COUNTS omits them, to measure their cost */
#ifdef SHIM_NO_COUNTS
#define data_race(expr)		((void)sizeof(expr))
#else
#define data_race(expr)		(expr)
#endif

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define xchg(p, v)	__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

#endif /* SHIM_LINUX_COMPILER_H */
