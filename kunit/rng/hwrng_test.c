// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_rng: the kernel's hwrng reads exactly the bytes that the device writes;
 * resets, suspend, bus errors and removal. The hwrng core also reads by itself,
 * so tests count no bytes: the device fills its buffer with one value.
 */
#include <linux/delay.h>
#include <linux/pm.h>

#include <vfe/wire_rng.h>

#include "lib/failslab.h"
#include "lib/log.h"
#include "lib/suite.h"
#include "lib/sysfs_files.h"
#include "mock/mock.h"
#include "../drivers/rng/rng.h"

struct rng {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_mock_queue *q;
	struct vfe_mock_chain *chain;
};

static struct rng *rng_new(struct kunit *test, struct vfe_mock_spec spec)
{
	struct rng *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	spec.device = spec.device ?: VFE_PCI_DEVICE_ENTROPY;
	r->test = test;
	r->chain = kunit_kzalloc(test, sizeof(*r->chain), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r->chain);
	r->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, r->m);
	r->q = &r->m->queues[0];
	return r;
}

/* Without a driver until a test binds it */
static struct rng *rng_unbound(struct kunit *test, u16 device)
{
	return rng_new(test, (struct vfe_mock_spec) {
		.device = device, .unbound = true,
	});
}

static struct rng *rng_bound(struct kunit *test)
{
	struct rng *r = rng_new(test, (struct vfe_mock_spec) {});

	KUNIT_ASSERT_NOT_NULL(test, r->m->pdev->dev.driver);
	return r;
}

static struct hwrng *rng_source(struct rng *r)
{
	struct vfe_recovery *recovery = pci_get_drvdata(r->m->pdev);

	return &container_of(recovery, struct vfe_rng, recovery)->hwrng;
}

/* Read without waiting. Return: bytes or an error */
static int rng_read(struct rng *r, u8 *buf, size_t len)
{
	struct hwrng *hwrng = rng_source(r);

	return hwrng->read(hwrng, buf, len, false);
}

static int rng_reads_nothing(struct hwrng *hwrng, void *buf, size_t max,
			     bool wait)
{
	return 0;
}

/* Does the driver give the device its buffer, now or soon? */
static bool rng_requested(struct rng *r)
{
	int i;

	for (i = 0; i < 100 && !vfe_mock_available(r->q); i++)
		msleep(100);
	return vfe_mock_available(r->q);
}

/* Pops the driver's buffer, and checks it. */
static void rng_pop(struct rng *r)
{
	struct kunit *test = r->test;
	u8 byte;

	/* there may be no reader */
	if (!vfe_mock_available(r->q))
		rng_read(r, &byte, 1);
	KUNIT_ASSERT_TRUE(test, rng_requested(r));
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(r->q, r->chain), 1);
	KUNIT_EXPECT_EQ(test, r->chain->out, 0U);
	KUNIT_EXPECT_EQ(test, r->chain->in, 1U);
	KUNIT_EXPECT_EQ(test, r->chain->in_len, (u32)VFE_RNG_BUFFER);
}

/* Fills it with one value, and reports @len bytes as written. */
static void rng_fill(struct rng *r, u8 value, u32 len)
{
	rng_pop(r);
	memset(vfe_mock_mem(r->chain->segs[0].addr), value, VFE_RNG_BUFFER);
	vfe_mock_push(r->q, r->chain->id, len, r->chain->descs);
	vfe_mock_interrupt(r->q);
}

/* The device works: its bytes are read. */
static void rng_expect_works(struct rng *r, u8 value)
{
	u8 buf[16] = { };
	int n;

	rng_fill(r, value, VFE_RNG_BUFFER);
	n = rng_read(r, buf, sizeof(buf));
	KUNIT_EXPECT_EQ(r->test, n, (int)sizeof(buf));
	KUNIT_EXPECT_EQ(r->test, buf[0], value);
	KUNIT_EXPECT_EQ(r->test, buf[15], value);
}

static void rng_end(struct rng *r)
{
	vfe_mock_unplug(r->m);
	VFE_MOCK_EXPECT_CLEAN(r->test, r->m);
}

/*
 * Reports @len bytes as written: those within the buffer are read, each once.
 */
static void rng_expect_no_more(struct rng *r, u32 len)
{
	u8 buf[1024];
	int n;

	rng_fill(r, 0xa5, len);
	n = rng_read(r, buf, sizeof(buf));
	KUNIT_EXPECT_GT(r->test, n, 0);
	KUNIT_EXPECT_LE(r->test, n, VFE_RNG_BUFFER);
	KUNIT_EXPECT_NULL(r->test, memchr_inv(buf, 0xa5, n));
}

static void what_the_device_writes_is_read(struct kunit *test)
{
	struct rng *r = rng_bound(test);

	rng_expect_no_more(r, VFE_RNG_BUFFER);
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static void a_device_that_wrote_nothing(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	u8 byte;

	rng_fill(r, 0xa5, 0);
	KUNIT_EXPECT_EQ(test, rng_read(r, &byte, 1), 0);
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static void a_device_that_lies_about_the_length(struct kunit *test)
{
	struct rng *r = rng_bound(test);

	rng_expect_no_more(r, U32_MAX);
	rng_end(r);
}

/* A read from a device that does not answer returns, and removal works. */
static void a_silent_device(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	struct hwrng *hwrng = rng_source(r);
	u8 byte;

	rng_pop(r);
	KUNIT_EXPECT_EQ(test, hwrng->read(hwrng, &byte, 1, true), 0);
	KUNIT_EXPECT_EQ(test, rng_read(r, &byte, 1), 0);
	msleep(5000);
	rng_end(r);
}

static void a_device_that_asks_for_a_reset(struct kunit *test)
{
	struct rng *r = rng_bound(test);

	rng_pop(r);
	vfe_mock_needs_reset(r->m);
	KUNIT_EXPECT_TRUE(test, rng_requested(r));
	KUNIT_EXPECT_EQ(test, r->m->status & VIRTIO_CONFIG_S_NEEDS_RESET, 0);
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static void a_device_that_breaks_the_ring(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	struct kmsg_dump_iter mark = log_mark();

	rng_pop(r);
	vfe_mock_push(r->q, r->q->size, VFE_RNG_BUFFER, 1);
	vfe_mock_interrupt(r->q);
	KUNIT_EXPECT_TRUE(test, rng_requested(r));
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(r->m->pdev)), 1U);
	rng_expect_works(r, 0x5a);
	vfe_mock_unplug(r->m);
}

static void suspend_and_resume(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	struct device *dev = &r->m->pdev->dev;
	const struct dev_pm_ops *pm = dev->driver->pm;

	rng_pop(r);
	KUNIT_EXPECT_EQ(test, pm->suspend(dev), 0);
	KUNIT_EXPECT_EQ(test, r->m->status, 0);
	KUNIT_EXPECT_EQ(test, pm->resume(dev), 0);
	rng_expect_works(r, 0x5a);
	to_pci_driver(dev->driver)->shutdown(r->m->pdev);
	KUNIT_EXPECT_EQ(test, r->m->status, 0);
	rng_end(r);
}

static void a_bus_that_fails_and_comes_back(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	const struct pci_error_handlers *handlers =
		to_pci_driver(r->m->pdev->dev.driver)->err_handler;

	rng_pop(r);
	KUNIT_EXPECT_EQ(test, handlers->error_detected(r->m->pdev,
						       pci_channel_io_frozen),
			(pci_ers_result_t)PCI_ERS_RESULT_NEED_RESET);
	KUNIT_EXPECT_EQ(test, handlers->slot_reset(r->m->pdev),
			(pci_ers_result_t)PCI_ERS_RESULT_RECOVERED);
	handlers->resume(r->m->pdev);
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static void a_device_that_is_pulled_out(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	u8 byte;

	rng_pop(r);
	vfe_mock_vanish(r->m);
	KUNIT_EXPECT_EQ(test, rng_read(r, &byte, 1), 0);
	vfe_mock_unplug(r->m);
}

static void recovery_is_switched(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	struct vfsmount *sys = vfe_files_mount(test);
	char path[64], buf[8];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/recovery",
		 pci_name(r->m->pdev));
	KUNIT_EXPECT_EQ(test, vfe_files_read_path(sys, path, buf, sizeof(buf)),
			(ssize_t)2);
	KUNIT_EXPECT_STREQ(test, buf, "1\n");
	KUNIT_EXPECT_EQ(test, vfe_files_write_path(sys, path, "0"), (ssize_t)1);
	KUNIT_EXPECT_EQ(test, vfe_files_write_path(sys, path, "x"),
			(ssize_t)-EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_files_read_path(sys, path, buf, sizeof(buf)),
			(ssize_t)2);
	KUNIT_EXPECT_STREQ(test, buf, "0\n");
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static void another_function_is_refused(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct rng *r = rng_unbound(test, VFE_PCI_DEVICE_BLOCK);

	KUNIT_EXPECT_FALSE(test, vfe_mock_bind(r->m, "vfe_rng"));
	KUNIT_EXPECT_EQ(test, log_errors(mark, "is no virtio device of type 4"),
			1U);
	rng_end(r);
}

/* The kernel has a source of that name already, and refuses another. */
static void a_name_that_is_taken(struct kunit *test)
{
	struct rng *r = rng_unbound(test, 0);
	struct hwrng *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	char name[32];

	KUNIT_ASSERT_NOT_NULL(test, other);
	other->read = rng_reads_nothing;
	snprintf(name, sizeof(name), "vfe_rng-%s", pci_name(r->m->pdev));
	other->name = name;
	KUNIT_ASSERT_EQ(test, hwrng_register(other), 0);
	KUNIT_EXPECT_FALSE(test, vfe_mock_bind(r->m, "vfe_rng"));
	KUNIT_EXPECT_EQ(test, r->m->status, 0);
	hwrng_unregister(other);
	KUNIT_ASSERT_TRUE(test, vfe_mock_bind(r->m, "vfe_rng"));
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

/* Once its queue is enabled, its status reads as ones. */
static bool rng_falls_silent(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_DEVICE_STATUS && a->dir == VFE_READ &&
	    (a->val & VIRTIO_CONFIG_S_FEATURES_OK) && m->queues[0].enable)
		a->val = 0xff;
	return false;
}

static void a_device_that_does_not_start(struct kunit *test)
{
	struct rng *r = rng_unbound(test, 0);

	r->m->knobs.access = rng_falls_silent;
	KUNIT_EXPECT_FALSE(test, vfe_mock_bind(r->m, "vfe_rng"));
	r->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, r->m->status, 0);
	KUNIT_ASSERT_TRUE(test, vfe_mock_bind(r->m, "vfe_rng"));
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static void the_stock_identity(struct kunit *test)
{
	struct rng *r = rng_unbound(test, VFE_PCI_STOCK_BASE + VFE_TYPE_ENTROPY);

	KUNIT_ASSERT_TRUE(test, vfe_mock_bind(r->m, "vfe_rng"));
	rng_expect_works(r, 0x5a);
	vfe_mock_unbind(r->m);
	rng_end(r);
}

/*
 * Its used lengths may be wrong: the driver would return old bytes as new ones.
 */
static void a_legacy_device_is_refused(struct kunit *test)
{
	struct rng *r = rng_new(test, (struct vfe_mock_spec) {
		.device = VFE_PCI_OLD_ENTROPY, .legacy = true, .unbound = true,
	});

	KUNIT_EXPECT_FALSE(test, vfe_mock_bind(r->m, "vfe_rng"));
	rng_end(r);
}

/*
 * It lost DRIVER_OK without an interrupt: a reader detects that, but not before
 * the device has been silent for 5 minutes, because it may stand still.
 */
static void a_device_that_lost_its_driver(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	struct hwrng *hwrng = rng_source(r);
	struct vfe_rng *vr = container_of(hwrng, struct vfe_rng, hwrng);
	unsigned int i;
	u8 byte;

	rng_pop(r);
	r->m->status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	/* a case may not wait for so long */
	vr->since -= 290 * HZ;
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, hwrng->read(hwrng, &byte, 1, true), 0);
	KUNIT_EXPECT_FALSE(test, vfe_mock_available(r->q));
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, hwrng->read(hwrng, &byte, 1, true), 0);
	KUNIT_EXPECT_TRUE(test, rng_requested(r));
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

/* A reader of a device without accepted buffers waits, and does not spin. */
static void a_reader_while_it_is_stopped(struct kunit *test)
{
	struct rng *r = rng_bound(test);
	struct hwrng *hwrng = rng_source(r);
	struct device *dev = &r->m->pdev->dev;
	u8 buf[VFE_RNG_BUFFER];
	unsigned long start;

	rng_fill(r, 0xa5, VFE_RNG_BUFFER);
	KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
	while (rng_read(r, buf, sizeof(buf)))
		;
	start = jiffies;
	KUNIT_EXPECT_EQ(test, hwrng->read(hwrng, buf, 1, true), 0);
	KUNIT_EXPECT_GE(test, jiffies - start, (unsigned long)HZ);
	KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static void without_memory(struct kunit *test)
{
	struct fail_probe p = { .test = test };
	struct rng *r;
	unsigned int n;

	fail_require(test);
	r = rng_bound(test);
	p.m = r->m;
	p.drv = r->m->pdev->dev.driver;
	/* the files of counters come last, by the hundred and all alike */
	n = fail_in_turn(fail_a_probe, &p, 120, 29);
	KUNIT_EXPECT_LT(test, n, FAIL_MOST);
	KUNIT_EXPECT_GT(test, p.refused, 5U);
	fail_a_probe(&p, 0);
	KUNIT_ASSERT_NOT_NULL(test, r->m->pdev->dev.driver);
	rng_expect_works(r, 0x5a);
	rng_end(r);
}

static struct kunit_case rng_cases[] = {
	KUNIT_CASE(what_the_device_writes_is_read),
	KUNIT_CASE(a_device_that_wrote_nothing),
	KUNIT_CASE(a_device_that_lies_about_the_length),
	KUNIT_CASE(a_silent_device),
	KUNIT_CASE(a_device_that_asks_for_a_reset),
	KUNIT_CASE(a_device_that_breaks_the_ring),
	KUNIT_CASE(suspend_and_resume),
	KUNIT_CASE(a_bus_that_fails_and_comes_back),
	KUNIT_CASE(a_device_that_is_pulled_out),
	KUNIT_CASE(recovery_is_switched),
	KUNIT_CASE(another_function_is_refused),
	KUNIT_CASE(the_stock_identity),
	KUNIT_CASE(a_legacy_device_is_refused),
	KUNIT_CASE(a_device_that_lost_its_driver),
	KUNIT_CASE(a_reader_while_it_is_stopped),
	KUNIT_CASE(a_name_that_is_taken),
	KUNIT_CASE(a_device_that_does_not_start),
	KUNIT_CASE_SLOW(without_memory),
	{}
};

VFE_SUITE(rng_cases);
