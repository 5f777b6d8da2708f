// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts (drivers/core/irq.c): the choice of the kind and the fallbacks,
 * the callbacks and counts of a handler. Interrupts that come at an awkward
 * moment are in irq_timing_test.c.
 */
#include <linux/delay.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define ISR_CONFIG	0x02
#define STORM		10000

/* --- which kind --- */

enum kind { PER_QUEUE, SHARED, SINGLE, INTX };

static void expect_kind(struct kunit *test, struct tdrv *td, enum kind kind)
{
	unsigned int *map = kunit_kcalloc(test, nr_cpu_ids, sizeof(*map),
					  GFP_KERNEL);
	bool spread = kind == PER_QUEUE && IS_ENABLED(CONFIG_SMP);
	bool msix = td->m->pdev->msix_enabled;
	unsigned int i;
	u16 want;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, vfe_map_queues(td->vd, 0, td->queues, map),
			spread);
	KUNIT_EXPECT_EQ(test, msix, kind != INTX);
	if (msix)
		KUNIT_EXPECT_EQ(test, td->m->config_vector, 0);
	for (i = 0; i < td->queues; i++) {
		want = kind == PER_QUEUE ? 1 + i : kind == SHARED ? 1 :
		       kind == SINGLE ? 0 : VIRTIO_MSI_NO_VECTOR;
		KUNIT_EXPECT_EQ(test, td->m->queues[i].vector, want);
		KUNIT_EXPECT_EQ(test, !!vfe_queue_affinity(td->vd, i), spread);
		tdrv_expect_completion(test, td, i);
	}
	KUNIT_EXPECT_NULL(test, vfe_queue_affinity(td->vd, td->queues));
	tdrv_expect_config_change(test, td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Two queues and one vector: its interrupt is for both. */
static void queues_that_share_a_vector(struct kunit *test)
{
	static const u16 vectors[] = { 1, 1, 2, 2, 3 };
	struct vfe_mock_spec spec = { .queues = 5 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i;

	td->specs[1].vector = VFE_VECTOR_PREVIOUS;
	td->specs[3].vector = VFE_VECTOR_PREVIOUS;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, td->m->queues[i].vector, vectors[i]);
		tdrv_expect_completion(test, td, i);
	}
	KUNIT_EXPECT_EQ(test, tdrv_events(td).spurious, 0ULL);
	for (i = 2; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, tdrv_add(td, i), 0);
		KUNIT_ASSERT_TRUE(test, tdrv_use(td, i));
	}
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&td->m->queues[2]));
	KUNIT_EXPECT_EQ(test, td->done[2], 2U);
	KUNIT_EXPECT_EQ(test, td->done[3], 2U);
	tdrv_reap_all(td, 2);
	tdrv_reap_all(td, 3);
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&td->m->queues[3]));
	KUNIT_EXPECT_EQ(test, tdrv_events(td).spurious, 1ULL);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* The kernel spreads vectors over CPUs: these come after the others. */
static void vectors_that_are_spread(struct kunit *test)
{
	static const u16 vectors[] = { 1, 3, 2, 4, 4 };
	static const bool spread[] = { false, true, false, true, true };
	struct vfe_mock_spec spec = { .queues = 5 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i;

	for (i = 0; i < 5; i++)
		td->specs[i].spread = spread[i];
	td->specs[4].vector = VFE_VECTOR_PREVIOUS;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, td->m->queues[i].vector, vectors[i]);
		KUNIT_EXPECT_EQ(test, !!vfe_queue_affinity(td->vd, i),
				spread[i] && IS_ENABLED(CONFIG_SMP));
		tdrv_expect_completion(test, td, i);
	}
	tdrv_expect_config_change(test, td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* None is spread: the kernel is not told of any. */
static void vectors_that_users_move(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2 };
	struct tdrv *td = tdrv_new(test, &spec);
	unsigned int i;

	for (i = 0; i < 2; i++)
		td->specs[i].spread = false;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_NULL(test, vfe_queue_affinity(td->vd, i));
		tdrv_expect_completion(test, td, i);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* MSI-X tables of each size, and no table, with and without a pin */
static const struct irq_case {
	const char *name;
	int vectors;
	bool no_pin;
	enum vfe_interrupts irqs;
	enum kind kind;
} irq_table[] = {
	{ "4 vectors", 4, false, VFE_IRQ_MSIX, PER_QUEUE },
	{ "16 vectors", 16, false, VFE_IRQ_MSIX, PER_QUEUE },
	{ "3 vectors", 3, false, VFE_IRQ_MSIX, SHARED },
	{ "2 vectors", 2, false, VFE_IRQ_MSIX, SHARED },
	{ "2 vectors, no pin", 2, true, VFE_IRQ_MSIX, SHARED },
	{ "1 vector", 1, false, VFE_IRQ_MSIX, SINGLE },
	{ "1 vector, no pin", 1, true, VFE_IRQ_MSIX, SINGLE },
	{ "a pin", -1, false, VFE_IRQ_MSIX, INTX },
	{ "a request for shared ones", 0, false, VFE_IRQ_SHARED, SHARED },
	{ "a request for the pin", 0, false, VFE_IRQ_INTX, INTX },
};

KUNIT_ARRAY_PARAM_DESC(irq, irq_table, name);

static void kind_of_interrupts(struct kunit *test)
{
	const struct irq_case *c = test->param_value;
	struct vfe_mock_spec spec = { .queues = 3, .vectors = c->vectors,
				      .no_pin = c->no_pin };
	struct tdrv *td = tdrv_new(test, &spec);

	VFE_DUTY(test, "T16", "4.1.5.1.2.2",
		 "an MSI-X table of any size will do, no vector is outside of it");
	td->irqs = c->irqs;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	expect_kind(test, td, c->kind);
}

static void neither_vectors_nor_a_pin(struct kunit *test)
{
	struct vfe_mock_spec spec = { .vectors = -1, .no_pin = true };
	struct tdrv *td = tdrv_new(test, &spec);
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), -ENOSPC);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "neither MSI-X"), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "there are too few"), 1U);
	tdrv_down(td);
	KUNIT_EXPECT_EQ(test, td->m->status, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- vectors that are refused --- */

static const struct fallback_case {
	const char *name;
	u16 from;
	enum kind kind;
} fallbacks[] = {
	{ "the last vector", 3, SHARED },
	{ "the second queue's", 2, SHARED },
	{ "each queue's", 1, SINGLE },
};

KUNIT_ARRAY_PARAM_DESC(fallback, fallbacks, name);

static void vectors_are_refused(struct kunit *test)
{
	const struct fallback_case *c = test->param_value;
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_new(test, &spec);

	VFE_DUTY(test, "T16", "4.1.5.1.2.2",
		 "a vector that is refused (NO_VECTOR) is answered with fewer");
	td->m->knobs.vectors_short = c->from;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	expect_kind(test, td, c->kind);
	/* the same negotiation, from a reset on */
	KUNIT_EXPECT_EQ(test, td->m->status, S_LIVE);
	KUNIT_EXPECT_NE(test, td->m->accepted, 0ULL);
	/* its reset has ended: the device may request one as usual */
	vfe_mock_needs_reset(td->m);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	/* after a restart the driver tries no refused vector */
	tdrv_restart(td);
	expect_kind(test, td, c->kind);
}

/**
 * struct refusal - vectors that a hook refuses
 * @reg: of these registers
 * @left: number of refusals, after @pass accepted mappings
 * @pass: number of mappings to accept
 */
struct refusal {
	enum vfe_reg reg;
	unsigned int pass;
	unsigned int left;
};

static bool refuse(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct refusal *r = m->knobs.priv;

	if (a->reg != r->reg || a->dir != VFE_WRITE)
		return false;
	if (r->pass) {
		r->pass--;
	} else if (r->left) {
		r->left--;
		a->val = VIRTIO_MSI_NO_VECTOR;
	}
	return false;
}

static struct tdrv *tdrv_refusing(struct kunit *test, struct refusal *r,
				  bool no_pin)
{
	struct vfe_mock_spec spec = { .queues = 3, .no_pin = no_pin };
	struct tdrv *td = tdrv_new(test, &spec);

	td->m->knobs.priv = r;
	td->m->knobs.access = refuse;
	return td;
}

static const struct refusal_case {
	const char *name;
	struct refusal refusal;
	enum vfe_interrupts irqs;
	enum kind kind;
} refusals[] = {
	{ "configuration, once", { VFE_REG_CONFIG_MSIX_VECTOR, 0, 1 },
	  VFE_IRQ_MSIX, SHARED },
	{ "configuration, always", { VFE_REG_CONFIG_MSIX_VECTOR, 0, UINT_MAX },
	  VFE_IRQ_MSIX, INTX },
	{ "queue 0, once", { VFE_REG_QUEUE_MSIX_VECTOR, 0, 1 },
	  VFE_IRQ_MSIX, SHARED },
	{ "queue 1, once", { VFE_REG_QUEUE_MSIX_VECTOR, 1, 1 },
	  VFE_IRQ_MSIX, SHARED },
	{ "queue 2, once", { VFE_REG_QUEUE_MSIX_VECTOR, 2, 1 },
	  VFE_IRQ_MSIX, SHARED },
	{ "none", { VFE_REG_QUEUE_MSIX_VECTOR, 3, 1 },
	  VFE_IRQ_MSIX, PER_QUEUE },
	/* only INTx remains */
	{ "a shared one, for queue 1",
	  { VFE_REG_QUEUE_MSIX_VECTOR, 1, UINT_MAX }, VFE_IRQ_SHARED, INTX },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

static void mapping_is_refused(struct kunit *test)
{
	const struct refusal_case *c = test->param_value;
	struct refusal r = c->refusal;
	struct tdrv *td = tdrv_refusing(test, &r, false);

	td->irqs = c->irqs;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	expect_kind(test, td, c->kind);
}

static void all_vectors_refused_and_no_pin(struct kunit *test)
{
	struct refusal r = { .reg = VFE_REG_QUEUE_MSIX_VECTOR,
			     .left = UINT_MAX };
	struct tdrv *td = tdrv_refusing(test, &r, true);
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), -ENOSPC);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "queue_msix_vector reads"), 1U);
	KUNIT_EXPECT_FALSE(test, td->m->pdev->msix_enabled);
	tdrv_down(td);
	KUNIT_EXPECT_EQ(test, td->m->status, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- whom they call, what they count --- */

static void each_queue_has_its_own(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_live(test, &spec);
	unsigned int i;

	VFE_DUTY(test, "T13", "4.1.4.5.2",
		 "with MSI-X the ISR is not read on a queue's interrupt");
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, tdrv_add(td, i), 0);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, tdrv_use(td, i));
	vfe_mock_interrupt(&td->m->queues[1]);
	KUNIT_EXPECT_EQ(test, td->done[0], 0U);
	KUNIT_EXPECT_EQ(test, td->done[1], 1U);
	KUNIT_EXPECT_EQ(test, td->done[2], 0U);
	TDRV_EXPECT_EVENTS(test, td, 1, 0, 0);
	/* 4.1.4.5.2: the ISR is not read */
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_ISR_STATUS,
					     VFE_READ), 0U);
}

static void shared_vector_looks_at_all(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3, .vectors = 2 };
	struct tdrv *td = tdrv_live(test, &spec);

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 2), 0);
	KUNIT_ASSERT_TRUE(test, tdrv_use(td, 0));
	KUNIT_ASSERT_TRUE(test, tdrv_use(td, 2));
	vfe_mock_interrupt(&td->m->queues[1]);
	KUNIT_EXPECT_EQ(test, td->done[0], 1U);
	KUNIT_EXPECT_EQ(test, td->done[1], 0U);
	KUNIT_EXPECT_EQ(test, td->done[2], 1U);
	TDRV_EXPECT_EVENTS(test, td, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_ISR_STATUS,
					     VFE_READ), 0U);
}

static void one_vector_for_everything(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2, .vectors = 1,
				      .no_pin = true };
	struct tdrv *td = tdrv_live(test, &spec);

	tdrv_expect_completion(test, td, 0);
	tdrv_expect_completion(test, td, 1);
	tdrv_expect_config_change(test, td);
	TDRV_EXPECT_EVENTS(test, td, 3, 0, 1);
	/* both at once, by one message */
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 1), 0);
	KUNIT_ASSERT_TRUE(test, tdrv_use(td, 1));
	tdrv_expect_config_change(test, td);
	KUNIT_EXPECT_EQ(test, td->done[1], 2U);
	TDRV_EXPECT_EVENTS(test, td, 4, 0, 2);
	tdrv_reap_all(td, 1);
	/* and nothing at all */
	vfe_mock_raise(td->m, 0);
	TDRV_EXPECT_EVENTS(test, td, 5, 1, 2);
	KUNIT_EXPECT_EQ(test, td->config_changed, 2U);
}

static struct tdrv *tdrv_with_pin(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2, .vectors = -1 };

	return tdrv_live(test, &spec);
}

/* 4.1.5.4.2: one interrupt may mean both */
static void pin_for_both(struct kunit *test)
{
	struct tdrv *td = tdrv_with_pin(test);

	VFE_DUTY(test, "T20", "4.1.5.4.2",
		 "one interrupt may mean a configuration change and used buffers");
	VFE_DUTY(test, "T21", "4.1.5.5",
		 "without MSI-X the ISR is read once: bit 0 all queues, bit 1 configuration");
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 1), 0);
	KUNIT_ASSERT_TRUE(test, tdrv_use(td, 1));
	td->m->isr = ISR_CONFIG;
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&td->m->queues[1]));
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->done[0], 0U);
	KUNIT_EXPECT_EQ(test, td->done[1], 1U);
	KUNIT_EXPECT_EQ(test, td->config_changed, 1U);
	TDRV_EXPECT_EVENTS(test, td, 1, 0, 1);
	/* read once: that cleared it */
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_ISR_STATUS,
					     VFE_READ), 1U);
	KUNIT_EXPECT_EQ(test, td->m->isr, 0);
}

static bool isr_is(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_ISR_STATUS)
		a->val = *(u8 *)m->knobs.priv;
	return false;
}

/* A line that is shared: no bit of ours is set, so it is not ours. */
static void pin_of_a_neighbour(struct kunit *test)
{
	static u8 isr[] = { 0, 0x04, 0x80, 0xf8, 0xfc };
	struct tdrv *td = tdrv_with_pin(test);
	unsigned int i;

	td->m->knobs.access = isr_is;
	for (i = 0; i < ARRAY_SIZE(isr); i++) {
		td->m->knobs.priv = &isr[i];
		vfe_mock_interrupt(&td->m->queues[0]);
	}
	tdrv_settle();
	TDRV_EXPECT_EVENTS(test, td, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_ISR_STATUS,
					     VFE_READ),
			(unsigned int)ARRAY_SIZE(isr));
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, td->config_changed, 0U);
}

static void pin_without_used_buffers(struct kunit *test)
{
	struct tdrv *td = tdrv_with_pin(test);

	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, td->done[0] + td->done[1], 0U);
	TDRV_EXPECT_EVENTS(test, td, 1, 1, 0);
}

static void spurious_ones_are_counted(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "S11", "2.7.7.1",
		 "an interrupt that has nothing to tell does no harm");
	for (i = 0; i < 5; i++)
		vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, td->done[0], 0U);
	TDRV_EXPECT_EVENTS(test, td, 5, 5, 0);
	tdrv_expect_completion(test, td, 0);
	TDRV_EXPECT_EVENTS(test, td, 6, 5, 0);
}

static void storm_of_config_changes(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	unsigned int i;

	for (i = 0; i < STORM; i++)
		vfe_mock_config_interrupt(td->m);
	tdrv_settle();
	TDRV_EXPECT_EVENTS(test, td, STORM, 0, STORM);
	/* many may count as one, but the last change is seen */
	KUNIT_EXPECT_GE(test, td->config_changed, 1U);
	KUNIT_EXPECT_LE(test, td->config_changed, (unsigned int)STORM);
	tdrv_expect_config_change(test, td);
}

/* --- the device asks for a reset --- */

static void needs_reset_is_told_once(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i;

	for (i = 0; i < 5; i++) {
		vfe_mock_needs_reset(td->m);
		tdrv_settle();
	}
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	/* the driver trusts nothing else of such a device */
	KUNIT_EXPECT_EQ(test, td->config_changed, 0U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "asks for a reset"), 1U);
	/* after a restart it may ask again */
	tdrv_restart(td);
	tdrv_expect_config_change(test, td);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	vfe_mock_needs_reset(td->m);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->needs_reset, 2U);
}

/* The device breaks a ring, then asks: one call for both */
static void needs_reset_after_a_broken_ring(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	u32 len;

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	vfe_mock_set_used_idx(&td->m->queues[0], 7);
	KUNIT_EXPECT_NULL(test, vfe_queue_get(vfe_get_queue(td->vd, 0), &len));
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	vfe_mock_needs_reset(td->m);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	/* an interrupt of a broken queue calls nobody */
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, td->done[0], 0U);
}

/*
 * A reset waits for the work item: if that waited for memory reclaim through
 * this disk, both would wait for ever.
 */
static void change_waits_for_no_io(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	td->may_do_io = true;
	tdrv_expect_config_change(test, td);
	KUNIT_EXPECT_FALSE(test, td->may_do_io);
}

static void each_mapping_is_read_back(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_live(test, &spec);
	const struct vfe_mock_access *a;
	unsigned int i, mappings = 0;

	VFE_DUTY(test, "T16", "4.1.5.1.2.2",
		 "each mapping of a vector is read back");
	for (i = 0; i + 1 < td->m->log_len; i++) {
		a = &td->m->log[i];
		if (a->dir != VFE_WRITE ||
		    (a->reg != VFE_REG_CONFIG_MSIX_VECTOR &&
		     a->reg != VFE_REG_QUEUE_MSIX_VECTOR))
			continue;
		mappings++;
		KUNIT_EXPECT_EQ(test, a[1].reg, a->reg);
		KUNIT_EXPECT_EQ(test, a[1].dir, VFE_READ);
	}
	KUNIT_EXPECT_EQ(test, mappings, 4U);
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE(queues_that_share_a_vector),
	KUNIT_CASE(vectors_that_are_spread),
	KUNIT_CASE(vectors_that_users_move),
	KUNIT_CASE(change_waits_for_no_io),
	KUNIT_CASE_PARAM(kind_of_interrupts, irq_gen_params),
	KUNIT_CASE(neither_vectors_nor_a_pin),
	KUNIT_CASE_PARAM(vectors_are_refused, fallback_gen_params),
	KUNIT_CASE_PARAM(mapping_is_refused, refusal_gen_params),
	KUNIT_CASE(all_vectors_refused_and_no_pin),
	KUNIT_CASE(each_queue_has_its_own),
	KUNIT_CASE(shared_vector_looks_at_all),
	KUNIT_CASE(one_vector_for_everything),
	KUNIT_CASE(pin_for_both),
	KUNIT_CASE(pin_of_a_neighbour),
	KUNIT_CASE(pin_without_used_buffers),
	KUNIT_CASE(spurious_ones_are_counted),
	KUNIT_CASE(storm_of_config_changes),
	KUNIT_CASE(needs_reset_is_told_once),
	KUNIT_CASE(needs_reset_after_a_broken_ring),
	KUNIT_CASE(each_mapping_is_read_back),
	{}
};

VFE_SUITE(irq_cases);
