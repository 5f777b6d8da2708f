// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures: each allocation of a probe, and of commands after it,
 * fails in turn. Each fails cleanly, without reports of the kernel's leak and
 * address checkers.
 */
#include "lib/failslab.h"
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

/* the driver's own allocations, and those of what it calls first */
#define ALLOC_EACH	320U

/* A small ring, since each command is an allocation; no units to scan */
static struct tscsi *alloc_host(struct kunit *test, u64 features)
{
	const struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | features, .queue_size = 4,
	};
	struct vfe_scsi_config config = tscsi_config();
	struct tscsi *ts;

	fail_require(test);
	config.max_target = 0;
	ts = tscsi_plug(test, &spec, &config);
	tscsi_del_unit(ts, 0, 0);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	return ts;
}

/* It works with memory. */
static void alloc_recovers(struct tscsi *ts)
{
	vfe_mock_unbind(ts->m);
	tscsi_add_unit(ts, 0, 0);
	KUNIT_ASSERT_TRUE(ts->test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(ts->test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(ts->test, ts->m);
}

/* One probe without the driver core, whose own allocations vary in number */
static bool alloc_probe_alone(struct tscsi *ts, struct pci_driver *drv,
			      unsigned int nth)
{
	struct pci_dev *pdev = ts->m->pdev;
	void *group = devres_open_group(&pdev->dev, NULL, GFP_KERNEL);
	bool failed;
	int err;

	KUNIT_ASSERT_NOT_NULL(ts->test, group);
	ts->num_events = 0;
	fail_nth(nth);
	err = drv->probe(pdev, NULL);
	failed = fail_end();
	if (err) {
		/* device_add() says -EINVAL if there was none for a name */
		KUNIT_EXPECT_TRUE_MSG(ts->test, fail_is_no_memory(err) ||
				      err == -EINVAL,
				      "allocation %u: error %d", nth, err);
	} else {
		drv->remove(pdev);
		KUNIT_EXPECT_EQ(ts->test, 0, ts->m->status);
	}
	devres_release_group(&pdev->dev, group);
	return failed;
}

static void alloc_probe(struct kunit *test, u64 features, unsigned int step)
{
	struct tscsi *ts = alloc_host(test, features);
	struct pci_driver *drv = to_pci_driver(ts->m->pdev->dev.driver);
	unsigned int n;

	vfe_mock_unbind(ts->m);
	for (n = 1; n < ALLOC_EACH; n += VFE_STEP(step))
		if (!alloc_probe_alone(ts, drv, n))
			break;
	KUNIT_EXPECT_GE(test, n, 60U);
	alloc_recovers(ts);
}

static void alloc_fails_in_a_probe(struct kunit *test)
{
	alloc_probe(test, 0, 1);
}

/* With the DMA API, there are memory pools as well. */
static void alloc_fails_in_a_probe_of_pools(struct kunit *test)
{
	alloc_probe(test, BIT_ULL(VIRTIO_F_ACCESS_PLATFORM), 2);
}

/* A request whose allocations fail is sent later, none fails. */
static void alloc_fails_in_a_request(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io;
	unsigned int n;

	fail_require(test);
	for (n = 1; n < 12; n++) {
		fail_nth(n);
		io = tscsi_start_segs(ts, REQ_OP_WRITE, 64, 20, 512, n);
		fail_end();
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
		KUNIT_EXPECT_EQ(test, n, ts->data[64 * 512]);
		tscsi_recycle(ts);
	}
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static struct kunit_case alloc_cases[] = {
	KUNIT_CASE(alloc_fails_in_a_probe),
	KUNIT_CASE(alloc_fails_in_a_probe_of_pools),
	KUNIT_CASE(alloc_fails_in_a_request),
	{ }
};

VFE_SUITE(alloc_cases);
