/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's headers, as far as the ring's sources use them; included ahead
 * of every file. The headers that these sources name are empty files, which
 * the Makefile makes.
 */
#ifndef RING_SHIM_H
#define RING_SHIM_H

#include <endian.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* --- types and the compiler --- */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef __u64 u64;
typedef u64 dma_addr_t;
typedef unsigned int gfp_t;

#define __force
#define __iomem
#define __percpu

#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define U64_MAX		(~0ULL)

#define __printf(text, args) \
	__attribute__((format(printf, text, args)))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define EXPORT_SYMBOL_NS_GPL(name, ns) extern int shim_exported_##name
#define EXPORT_SYMBOL_IF_KUNIT(name) extern int shim_exported_##name

#define cpu_to_le16(v)	htole16(v)
#define cpu_to_le32(v)	htole32(v)
#define cpu_to_le64(v)	htole64(v)
#define le16_to_cpu(v)	le16toh(v)
#define le32_to_cpu(v)	le32toh(v)

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a)	(((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define struct_size(p, member, n) \
	(sizeof(*(p)) + (size_t)(n) * sizeof((p)->member[0]))

#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define clamp_t(type, v, low, high) \
	((type)min(max((type)(v), (type)(low)), (type)(high)))

/*
 * --- single accesses and barriers, in one of three ways ---
 *
 * - plain: the compiler's and this CPU's (unit tests, fuzzer, instruction
 *   counts);
 * - SHIM_TSAN: for ThreadSanitizer, with the fences that it does not support
 *   (order_tsan.c);
 * - SHIM_TSO: as steps of a machine with store buffers (order_tso.c).
 *
 * SHIM_DROP_WMB, SHIM_DROP_RMB and SHIM_DROP_MB leave a barrier out, for the
 * runs that prove that the tests notice.
 */
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

#define xchg(p, v)	__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

/* --- memory that is counted and can be made to fail: host_memory.c --- */

#define GFP_KERNEL	0
#define PAGE_SIZE	4096UL
#define SMP_CACHE_BYTES	64

void *host_zalloc(size_t size);
void host_free(void *p);

#define kzalloc(size, gfp)		host_zalloc(size)
#define kvcalloc(n, size, gfp)		host_zalloc((size_t)(n) * (size))
#define kfree(p)			host_free(p)
#define kvfree(p)			host_free(p)

/* --- one CPU, without interrupts --- */

struct cpumask;

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < 1; (cpu)++)
#define alloc_percpu(type)	((type *)host_zalloc(sizeof(type)))
#define free_percpu(p)		host_free(p)
#define per_cpu_ptr(p, cpu)	((void)(cpu), (p))
#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)

/* one instruction, as on x86; SHIM_NO_COUNTS omits it, to measure its cost */
#ifdef SHIM_NO_COUNTS
#define this_cpu_inc(x)		((void)&(x))
#else
#define this_cpu_inc(x)		((void)(x)++)
#endif

/* for counters that are read during a reset: one thread here */
typedef struct {
	unsigned int sequence;
} seqcount_t;

#define seqcount_init(s)		((s)->sequence = 0)
#define raw_write_seqcount_begin(s)	((s)->sequence++)
#define raw_write_seqcount_end(s)	((s)->sequence++)
#define read_seqcount_begin(s)		((s)->sequence)
#define read_seqcount_retry(s, seq)	((s)->sequence != (seq))

/* --- a device that keeps the last message and their number: host.c --- */

struct device {
	int unused;
};

struct pci_dev {
	struct device dev;
};

#define pci_channel_offline(pdev)	((void)(pdev), false)

struct mutex {
	int unused;
};

struct work_struct {
	void *none;
};

struct ratelimit_state {
	int unused;
};

__printf(2, 3)
void host_message(const struct device *dev, const char *format, ...);

#define dev_err(dev, ...)	host_message(dev, __VA_ARGS__)
#define dev_warn(dev, ...)	host_message(dev, __VA_ARGS__)
#define __ratelimit(state)	((void)(state), 1)

#endif /* RING_SHIM_H */
