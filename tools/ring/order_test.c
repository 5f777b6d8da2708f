// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that no notification is lost, in any order of a CPU with store
 * buffers. Both sides of the ring have the same problem: one side writes its
 * index and then reads whether the other wants a notification; the other
 * enables notifications and then reads the index. Without a full barrier
 * between the two steps, both may read old values and sleep for ever.
 *
 * With --expect-lost the run fails unless every case loses one: for a build
 * without the driver's barrier.
 */
#include <linux/virtio_config.h>
#include <string.h>

#include "host.h"
#include "model.h"
#include "order_tso.h"

#define LIMIT		3000000
#define SIZE		8
#define BEFORE		3

static struct host h;
static struct model m;
static struct vfe_queue *const q = &h.q;
static bool device_called, driver_called;	/* notified since it slept */
static bool device_sleeps, driver_sleeps;
static unsigned int buffers;

static int token;

static void add(void)
{
	struct vfe_seg seg = { HOST_BUS_OFFSET, 1 };

	if (vfe_queue_add(q, &seg, 0, 1, &token))
		die("the ring is full");
}

static void kick(void)
{
	if (vfe_queue_kick_prepare(q))
		device_called = true;
}

static void publish(void)
{
	if (model_publish(&m))
		driver_called = true;
}

static void pop_all(bool use)
{
	struct model_buf buf;

	while (model_pop(&m, &buf))
		if (use)
			model_push(&m, buf.head, 0);
	if (m.error)
		die("%s", m.error);
}

static void get_all(void)
{
	struct vfe_used used[4];

	while (vfe_queue_get_many(q, used, ARRAY_SIZE(used)))
		;
	if (vfe_queue_broken(q))
		die("%s", h.message);
}

/* Set up everything, then use a few buffers */
static void setup(void)
{
	unsigned int i;

	while (vfe_queue_detach(q))
		;
	host_reset(&h);
	model_close(&m);
	model_open(&m, q);
	for (i = 0; i < BEFORE; i++) {
		add();
		vfe_queue_kick_prepare(q);
		pop_all(true);
		model_publish(&m);
		get_all();
	}
	device_called = false;
	driver_called = false;
	device_sleeps = false;
	driver_sleeps = false;
}

/* The driver adds and kicks; the device suppresses kicks, then goes to sleep */
static void kick_setup(void)
{
	setup();
	model_quiet(&m);
}

static void kick_driver(void)
{
	unsigned int i;

	for (i = 0; i < buffers; i++) {
		add();
		kick();
	}
}

static void kick_device(void)
{
	pop_all(false);
	if (model_arm(&m))
		device_sleeps = true;
}

static bool kick_holds(void)
{
	return !device_sleeps || device_called || !model_available(&m);
}

/*
 * The device uses buffers; the driver suppresses interrupts, then goes to sleep
 */
static void call_setup(void)
{
	unsigned int i;

	setup();
	for (i = 0; i < buffers; i++)
		add();
	vfe_queue_kick_prepare(q);
	vfe_queue_disable_cb(q);
}

static void call_device(void)
{
	struct model_buf buf;

	while (model_pop(&m, &buf)) {
		model_push(&m, buf.head, 0);
		publish();
	}
}

static void call_driver(void)
{
	get_all();
	if (vfe_queue_enable_cb(q))
		driver_sleeps = true;
}

static bool call_holds(void)
{
	return !driver_sleeps || driver_called ||
	       !q->ops->pending(q);
}

static const struct tso_case cases[] = {
	{ "kick", kick_setup, kick_driver, kick_device, kick_holds },
	{ "interrupt", call_setup, call_driver, call_device, call_holds },
};

static int explore(const struct tso_case *c, bool expect_lost)
{
	struct tso_result result;
	bool all = tso_explore(c, LIMIT, &result);

	printf("%s, %s, buffers %u, event_idx %d, fence %d: %lu ways, %lu lose one%s%s\n",
	       q->ops->name, c->name, buffers, q->event_idx, q->fence,
	       result.ways, result.bad, result.bad ? ", first " : "",
	       result.first_bad);
	if (!all && !result.bad) {
		printf("there are more ways than %u\n", LIMIT);
		return 1;
	}
	return expect_lost ? !result.bad : result.bad != 0;
}

/* The shared indices and flags, which guard elements and descriptors */
static void share_split(void)
{
	const struct model_split *s = &m.split;

	tso_share(&s->avail->idx);
	tso_share(&s->used->idx);
	if (q->event_idx) {
		tso_share(&s->avail->ring[SIZE]);
		tso_share(&s->used->ring[SIZE]);
	} else {
		tso_share(&s->avail->flags);
		tso_share(&s->used->flags);
	}
}

static void share_packed(void)
{
	unsigned int i;

	tso_share(m.packed.driver);
	tso_share(m.packed.device);
	for (i = 0; i < SIZE; i++)
		tso_share(&m.packed.desc[i].flags);
}

static void share(void)
{
	tso_share_nothing();
	if (m.layout == &model_packed_layout)
		share_packed();
	else
		share_split();
}

/* Few buffers: a third one adds no new kind of access. */
static int explore_ring(u64 features, bool expect_lost)
{
	unsigned int i;
	int bad = 0;

	if (host_open(&h, SIZE, 1, features))
		die("no ring");
	model_open(&m, q);
	share();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (buffers = 1; buffers <= 2; buffers++)
			bad += explore(&cases[i], expect_lost);
	}
	while (vfe_queue_detach(q))
		;
	model_close(&m);
	host_close(&h);
	return bad;
}

int main(int argc, char **argv)
{
	bool expect_lost = argc > 1 && !strcmp(argv[1], "--expect-lost");
	static const u64 features[] = {
		0,
		FEATURE(VIRTIO_RING_F_EVENT_IDX),
		FEATURE(VIRTIO_RING_F_EVENT_IDX) |
		FEATURE(VIRTIO_F_ORDER_PLATFORM),
		FEATURE(VIRTIO_F_RING_PACKED),
		FEATURE(VIRTIO_F_RING_PACKED) |
		FEATURE(VIRTIO_RING_F_EVENT_IDX),
		FEATURE(VIRTIO_F_RING_PACKED) |
		FEATURE(VIRTIO_RING_F_EVENT_IDX) |
		FEATURE(VIRTIO_F_ORDER_PLATFORM),
	};
	unsigned int way;
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (way = 0; way < ARRAY_SIZE(features); way++)
		bad += explore_ring(features[way], expect_lost);
	return bad != 0;
}
