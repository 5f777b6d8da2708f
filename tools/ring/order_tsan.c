// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's barriers for ThreadSanitizer, which supports acquire and release
 * accesses, but no fences. Each thread has two fibers, of which the sanitizer
 * knows only the synchronisation below:
 *
 * - the first releases at all single stores. It acquires from the thread at
 * write barriers only: it does not release stores after the barrier;
 * - the second looks at all single loads. The thread learns what it saw at a
 *   read barrier only.
 *
 * The accesses themselves are the thread's own, and relaxed. So what a barrier
 * does not order is a race in the report, though this CPU may never reorder
 * it.
 */
#include <sanitizer/tsan_interface.h>

#include "host.h"
#include "order_tsan.h"

static __thread void *storer, *loader;
static __thread char released, loaded;

void order_thread_begin(void)
{
	storer = __tsan_create_fiber(0);
	loader = __tsan_create_fiber(0);
}

/* Inline: a call that returns on another fiber would use the wrong stack. */
static __always_inline void *enter(void *fiber)
{
	void *self = __tsan_get_current_fiber();

	if (!fiber)
		die("a thread without order_thread_begin()");
	__tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
	return self;
}

static __always_inline void leave(void *self)
{
	__tsan_switch_to_fiber(self, __tsan_switch_to_fiber_no_sync);
}

void order_thread_end(void)
{
	__tsan_destroy_fiber(storer);
	__tsan_destroy_fiber(loader);
	storer = NULL;
	loader = NULL;
}

uint64_t order_load(const void *p, unsigned int size)
{
	uint64_t value;
	void *self;

	switch (size) {
	case 1:
		value = __atomic_load_n((uint8_t *)p, __ATOMIC_RELAXED);
		break;
	case 2:
		value = __atomic_load_n((uint16_t *)p, __ATOMIC_RELAXED);
		break;
	case 4:
		value = __atomic_load_n((uint32_t *)p, __ATOMIC_RELAXED);
		break;
	default:
		value = __atomic_load_n((uint64_t *)p, __ATOMIC_RELAXED);
	}
	self = enter(loader);
	__tsan_acquire((void *)p);
	leave(self);
	return value;
}

void order_store(void *p, unsigned int size, uint64_t value)
{
	void *self = enter(storer);

	__tsan_acquire(&released);
	__tsan_release((void *)p);
	leave(self);
	switch (size) {
	case 1:
		__atomic_store_n((uint8_t *)p, value, __ATOMIC_RELAXED);
		break;
	case 2:
		__atomic_store_n((uint16_t *)p, value, __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n((uint32_t *)p, value, __ATOMIC_RELAXED);
		break;
	default:
		__atomic_store_n((uint64_t *)p, value, __ATOMIC_RELAXED);
	}
}

void order_wmb(void)
{
	__tsan_release(&released);
}

void order_rmb(void)
{
	void *self = enter(loader);

	__tsan_release(&loaded);
	leave(self);
	__tsan_acquire(&loaded);
}

void order_mb(void)
{
	order_wmb();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	order_rmb();
}
