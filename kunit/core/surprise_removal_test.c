// SPDX-License-Identifier: GPL-2.0
/*
 * A function that goes away at each register access of a life cycle and of a
 * restart, in turn. The current call returns -ENODEV or works, does not wait,
 * leaks nothing and makes only few other accesses.
 */

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define MOST_MORE	20	/* until the driver detects it */
#define MOST_MS		2000	/* a wait for a reset takes 5000 */

/**
 * struct countdown - for the hook that takes the function away
 * @left: accesses until then
 * @more: accesses since
 */
struct countdown {
	unsigned int left;
	unsigned int more;
};

static bool vanish_at(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct countdown *c = m->knobs.priv;

	if (m->knobs.gone) {
		c->more++;
		return false;
	}
	if (c->left--)
		return false;
	/* this access is the first without an answer */
	vfe_mock_vanish(m);
	if (a->dir == VFE_READ)
		a->val = GENMASK(8 * a->size - 1, 0);
	return true;
}

/* It comes back, for the next round */
static void come_back(struct tdrv *td)
{
	td->m->knobs.access = NULL;
	td->m->knobs.gone = false;
}

static void go_at(struct tdrv *td, struct countdown *c, unsigned int n)
{
	*c = (struct countdown) { .left = n };
	td->m->knobs.priv = c;
	td->m->knobs.access = vanish_at;
}

/* Another life cycle, with the function gone at access @n. Return: if it was */
static bool life_that_ends_at(struct kunit *test, struct tdrv *td,
			      unsigned int n)
{
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;
	struct countdown c;
	bool gone;
	int ret;

	go_at(td, &c, n);
	ret = tdrv_up(td, TDRV_READY);
	gone = td->m->knobs.gone;
	if (gone && ret)
		KUNIT_EXPECT_EQ_MSG(test, ret, -ENODEV, "access %u", n);
	else if (!gone)
		KUNIT_EXPECT_EQ_MSG(test, ret, 0, "access %u", n);
	tdrv_down(td);
	/*
	 * The calls report it, not needs_reset(): the device was not live, and
	 * needs_reset() must not be called after the class driver has finished.
	 */
	KUNIT_EXPECT_EQ_MSG(test, td->needs_reset, 0U, "access %u", n);
	td->needs_reset = 0;
	gone = td->m->knobs.gone;
	KUNIT_EXPECT_LE_MSG(test, c.more, MOST_MORE, "access %u", n);
	KUNIT_EXPECT_LT_MSG(test, jiffies_to_msecs(jiffies - start), MOST_MS,
			    "access %u", n);
	if (gone)
		KUNIT_EXPECT_LE_MSG(test, log_errors(mark, "vfe") +
				    log_errors(mark, pci_name(td->m->pdev)), 2U,
				    "access %u", n);
	come_back(td);
	return gone;
}

static void gone_at_every_access(struct kunit *test, enum vfe_interrupts irqs)
{
	struct vfe_mock_spec spec = { .queues = 2 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int n = 0;

	td->irqs = irqs;
	while (life_that_ends_at(test, td, n))
		n++;
	/* as many as a life cycle has; more than none */
	KUNIT_EXPECT_GT(test, n, 35U);
	kunit_info(test, "%u accesses\n", n);
	/* and everything still works */
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), 0);
}

static void gone_at_every_access_of_a_life(struct kunit *test)
{
	gone_at_every_access(test, VFE_IRQ_MSIX);
}

static void gone_at_every_access_with_intx(struct kunit *test)
{
	gone_at_every_access(test, VFE_IRQ_INTX);
}

/* Reset and restart, with the function gone at access @n. Return: if it was */
static bool restart_that_ends_at(struct kunit *test, struct tdrv *td,
				 unsigned int n)
{
	unsigned long start = jiffies;
	struct countdown c;
	bool gone;
	int ret;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	td->needs_reset = 0;
	go_at(td, &c, n);
	ret = vfe_reset(td->vd);
	gone = td->m->knobs.gone;
	KUNIT_EXPECT_EQ_MSG(test, ret, gone ? -ENODEV : 0, "access %u", n);
	KUNIT_EXPECT_EQ_MSG(test, vfe_gone(td->vd), gone, "access %u", n);
	/* the buffers come back in any case */
	tdrv_detach_all(td);
	ret = vfe_restart(td->vd);
	if (!ret)
		ret = vfe_ready(td->vd);
	gone = td->m->knobs.gone;
	if (!gone || ret)
		KUNIT_EXPECT_EQ_MSG(test, ret, gone ? -ENODEV : 0, "access %u",
				    n);
	KUNIT_EXPECT_LE_MSG(test, td->needs_reset, 1U, "access %u", n);
	tdrv_down(td);
	KUNIT_EXPECT_LE_MSG(test, c.more, MOST_MORE, "access %u", n);
	KUNIT_EXPECT_LT_MSG(test, jiffies_to_msecs(jiffies - start), MOST_MS,
			    "access %u", n);
	gone = td->m->knobs.gone;
	come_back(td);
	return gone;
}

static void gone_at_every_access_of_a_restart(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int n = 0;

	while (restart_that_ends_at(test, td, n))
		n++;
	KUNIT_EXPECT_GT(test, n, 35U);
	kunit_info(test, "%u accesses\n", n);
}

/*
 * A live device that is found gone: logged once, broken, not accessed any more
 */
static void gone_while_live(struct kunit *test)
{
	static const u8 byte[] = { 1, 0 };
	struct tdrv *td = tdrv_live(test, NULL);
	struct vfe_queue *q = vfe_get_queue(td->vd, 0);
	u8 val;
	u32 len;

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, byte, &val), -ENODEV);
	KUNIT_EXPECT_TRUE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(q));

	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, byte, &val), -ENODEV);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 0, 1, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, tdrv_add(td, 0), -EIO);
	KUNIT_EXPECT_FALSE(test, vfe_queue_kick_prepare(q));
	vfe_queue_notify(q);
	KUNIT_EXPECT_NULL(test, vfe_queue_get(q, &len));
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ENODEV);
	KUNIT_EXPECT_PTR_EQ(test, vfe_queue_detach(q), (void *)td);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, vfe_ready(td->vd), -ENODEV);
	tdrv_down(td);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
}

/* The PCI core knows first (its channel is dead): no register is touched */
static void gone_as_the_pci_core_says(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct pci_dev *pdev = td->m->pdev;

	vfe_mock_vanish(td->m);
	pdev->error_state = pci_channel_io_perm_failure;
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_TRUE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ENODEV);
	/* buffers that the driver had in flight are lost to the device */
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(vfe_get_queue(td->vd, 0)));
	tdrv_down(td);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	pdev->error_state = pci_channel_io_normal;
}

/* It goes, and its interrupt still arrives. */
static bool gone_before_the_isr(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_ISR_STATUS) {
		vfe_mock_vanish(m);
		a->val = GENMASK(8 * a->size - 1, 0);
	}
	return false;
}

/*
 * The handler finds the function gone at another function's interrupt on the
 * line.
 */
static void gone_as_the_isr_says(struct kunit *test, int vectors, u64 taken)
{
	struct vfe_mock_spec spec = { .vectors = vectors };
	struct tdrv *td = tdrv_live(test, &spec);
	struct vfe_event_counts sum;
	unsigned int i;

	td->m->knobs.access = gone_before_the_isr;
	for (i = 0; i < 3; i++)
		vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_TRUE(test, vfe_gone(td->vd));
	/* the first one reports it; after it no register is read */
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_ISR_STATUS,
					     VFE_READ), 1U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	KUNIT_EXPECT_EQ(test, td->done[0], 0U);
	stats_get(vfe_stats_of(td->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, taken);
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ENODEV);
}

static void gone_as_the_pin_says(struct kunit *test)
{
	gone_as_the_isr_says(test, -1, 0);
}

/* An MSI-X message belongs to one function, so the handler counts it. */
static void gone_as_the_only_vector_says(struct kunit *test)
{
	gone_as_the_isr_says(test, 1, 1);
}

static struct kunit_case gone_cases[] = {
	KUNIT_CASE(gone_at_every_access_of_a_life),
	KUNIT_CASE(gone_at_every_access_with_intx),
	KUNIT_CASE(gone_at_every_access_of_a_restart),
	KUNIT_CASE(gone_while_live),
	KUNIT_CASE(gone_as_the_pci_core_says),
	KUNIT_CASE(gone_as_the_pin_says),
	KUNIT_CASE(gone_as_the_only_vector_says),
	{}
};

VFE_SUITE(gone_cases);
