// SPDX-License-Identifier: GPL-2.0
/*
 * Driver and device as two threads, under ThreadSanitizer. Payload is read and
 * written plainly, so that only the ring's barriers order it: a missing one is
 * a race in the report. Each side sleeps when it has nothing to do, and only
 * the other's notification wakes it: a lost one causes a timeout, which is a
 * failure. A notification itself orders nothing here (a raw futex system call,
 * which the sanitizer ignores).
 */
#include <errno.h>
#include <linux/futex.h>
#include <linux/virtio_config.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "model.h"
#include "order_tsan.h"

#define LOST_AFTER_S	5
#define SLOTS		16

/**
 * struct bell - a notification: raised, or not
 * @raised: 0 or 1
 * @rung: how often
 * @slept: how often a thread had to wait for it
 */
struct bell {
	u32 raised;
	unsigned int rung;
	unsigned int slept;
};

/**
 * struct slot - a buffer
 * @request: from the driver
 * @answer: from the device
 * @busy: the driver's own note
 */
struct slot {
	u64 request;
	u64 answer;
	bool busy;
};

static struct host h;
static struct model m;
static struct vfe_queue *const q = &h.q;
static struct slot slots[SLOTS];
static struct bell to_device, to_driver;
static unsigned int rounds = 20000;

static void ring_bell(struct bell *bell)
{
	bell->rung++;
	__atomic_store_n(&bell->raised, 1, __ATOMIC_RELAXED);
	syscall(SYS_futex, &bell->raised, FUTEX_WAKE_PRIVATE, 1, NULL, NULL,
		0);
}

static void wait_bell(struct bell *bell, const char *who)
{
	struct timespec limit = { .tv_sec = LOST_AFTER_S };

	bell->slept++;
	while (!__atomic_exchange_n(&bell->raised, 0, __ATOMIC_RELAXED)) {
		long ret = syscall(SYS_futex, &bell->raised,
				   FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0);

		if (ret && errno == ETIMEDOUT)
			die("%s: a notification was lost", who);
	}
}

static void kick(void)
{
	if (vfe_queue_kick_prepare(q))
		ring_bell(&to_device);
}

static bool submit(struct slot *slot, u64 request)
{
	struct vfe_seg segs[2] = {
		{ host_bus(&slot->request), sizeof(slot->request) },
		{ host_bus(&slot->answer), sizeof(slot->answer) },
	};

	slot->request = request;
	slot->answer = 0;
	if (vfe_queue_add(q, segs, 1, 1, slot))
		return false;
	slot->busy = true;
	return true;
}

static unsigned int collect(void)
{
	unsigned int n = 0, got, i;
	struct vfe_used used[4];

	while ((got = vfe_queue_get_many(q, used, ARRAY_SIZE(used)))) {
		for (i = 0; i < got; i++) {
			struct slot *slot = used[i].token;

			if (slot->answer != ~slot->request || used[i].len != 8)
				die("answer %llx to request %llx",
				    (unsigned long long)slot->answer,
				    (unsigned long long)slot->request);
			slot->busy = false;
		}
		n += got;
	}
	if (vfe_queue_broken(q))
		die("%s", h.message);
	return n;
}

static void *driver(void *unused)
{
	unsigned int sent = 0, done = 0, i, batch;

	order_thread_begin();
	while (done < rounds) {
		batch = 1 + sent % 5;
		for (i = 0; i < SLOTS && batch && sent < rounds; i++) {
			if (slots[i].busy || !submit(&slots[i], sent))
				continue;
			sent++;
			batch--;
		}
		kick();
		vfe_queue_disable_cb(q);
		done += collect();
		if (done < sent && vfe_queue_enable_cb_after(q, 1 + sent % 3))
			wait_bell(&to_driver, "driver");
	}
	/* one more than there are: the sign to end */
	submit(&slots[0], ~0ULL);
	kick();
	order_thread_end();
	return unused;
}

/* Return: false at the sign to end */
static bool answer(const struct model_buf *buf)
{
	u64 request = *(u64 *)host_pointer(buf->addr[0]);

	*(u64 *)host_pointer(buf->addr[1]) = ~request;
	return request != ~0ULL;
}

/* IN_ORDER: the next one completes skipped ones. */
static void use(const struct model_buf *buf, unsigned int n)
{
	if (m.in_order && n % 4 == 1 && model_available(&m))
		model_skip(&m, buf->head);
	else
		model_push(&m, buf->head, 8);
}

static void *device(void *unused)
{
	struct model_buf buf;
	bool more = true;
	unsigned int n = 0;

	while (more) {
		model_quiet(&m);
		while (more && model_pop(&m, &buf)) {
			more = answer(&buf);
			use(&buf, ++n);
			/* one by one, and several at once */
			if (n % 3 && model_publish(&m))
				ring_bell(&to_driver);
		}
		if (model_publish(&m))
			ring_bell(&to_driver);
		if (m.error)
			die("%s", m.error);
		if (more && model_arm(&m))
			wait_bell(&to_device, "device");
	}
	return unused;
}

static void run(unsigned int size, u64 features)
{
	pthread_t threads[2];
	unsigned int i;

	if (host_open(&h, size, 2, features))
		die("no ring");
	model_open(&m, q);
	to_device = (struct bell){ 0 };
	to_driver = (struct bell){ 0 };
	for (i = 0; i < SLOTS; i++)
		slots[i].busy = false;
	if (pthread_create(&threads[0], NULL, driver, NULL) ||
	    pthread_create(&threads[1], NULL, device, NULL))
		die("no thread");
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("%s, size %u event_idx %d indirect %d in_order %d fence %d: ",
	       q->ops->name, size, q->event_idx, q->indirect, q->in_order,
	       q->fence);
	printf("%u buffers, %u kicks, %u interrupts, slept %u and %u times\n",
	       rounds, to_device.rung, to_driver.rung, to_device.slept,
	       to_driver.slept);
	if (!to_device.slept || !to_driver.slept)
		die("nobody slept: nothing was tested");
	order_thread_begin();
	while (vfe_queue_detach(q))
		;
	order_thread_end();
	model_close(&m);
	host_close(&h);
}

static const u64 layouts[] = {
	0,
	FEATURE(VIRTIO_F_IN_ORDER),
	FEATURE(VIRTIO_F_RING_PACKED),
	FEATURE(VIRTIO_F_RING_PACKED) | FEATURE(VIRTIO_F_IN_ORDER),
};

/* A packed ring's size need be no power of two */
static unsigned int size_of(unsigned int way, u64 layout)
{
	if (layout & FEATURE(VIRTIO_F_RING_PACKED))
		return way & 1 ? 7 : 32;
	return way & 1 ? 8 : 32;
}

int main(int argc, char **argv)
{
	unsigned int way, i;

	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < ARRAY_SIZE(layouts); i++)
		for (way = 0; way < 8; way++)
			run(size_of(way, layouts[i]),
			    layouts[i] |
			    (way & 2 ? FEATURE(VIRTIO_RING_F_EVENT_IDX) : 0) |
			    (way & 4 ? FEATURE(VIRTIO_RING_F_INDIRECT_DESC) :
			     0) |
			    (way == 7 ? FEATURE(VIRTIO_F_ORDER_PLATFORM) : 0));
	return 0;
}
