// SPDX-License-Identifier: GPL-2.0
/*
 * The registers that the set-up of queues writes (drivers/core/queue_setup.c):
 * widths and order over a whole life, the addresses of the rings.
 */

#include "lib/core_fixture.h"
#include "lib/suite.h"

/* --- all accesses of a life --- */

#define REG_SIZE(id, name, win, off, bytes) [VFE_REG_##id] = bytes,
static const u16 reg_sizes[VFE_NUM_REGS] = { VFE_REGISTERS(REG_SIZE) };

/* The whole life cycle of a device, twice */
static struct tdrv *tdrv_through_life(struct kunit *test,
				      const struct vfe_mock_spec *spec)
{
	static const u8 fields[] = { 8, 4, 2, 1, 1, 0 };
	struct tdrv *td = tdrv_live(test, spec);
	unsigned int i;
	u8 buf[16];

	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, fields, buf), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 15, 1, 1), 0);
	for (i = 0; i < td->queues; i++) {
		KUNIT_EXPECT_EQ(test, tdrv_add(td, i), 0);
		vfe_queue_notify(vfe_get_queue(td->vd, i));
		KUNIT_EXPECT_TRUE(test, tdrv_use(td, i));
		vfe_mock_interrupt(&td->m->queues[i]);
		tdrv_reap_all(td, i);
	}
	vfe_mock_config_interrupt(td->m);
	tdrv_settle();
	tdrv_restart(td);
	return td;
}

static void expect_natural_width(struct kunit *test,
				 const struct vfe_mock_access *a)
{
	KUNIT_ASSERT_LT(test, (int)a->reg, (int)VFE_NUM_REGS);
	KUNIT_EXPECT_EQ(test, a->offset % a->size, 0U);
	if (reg_sizes[a->reg] <= 4)
		KUNIT_EXPECT_EQ_MSG(test, a->size, reg_sizes[a->reg], "%s",
				    vfe_reg_name(a->reg));
	else
		KUNIT_EXPECT_LE(test, a->size, 4U);
}

static void registers_of_a_life(struct kunit *test)
{
	static const enum vfe_reg read_only[] = {
		VFE_REG_DEVICE_FEATURE, VFE_REG_NUM_QUEUES,
		VFE_REG_CONFIG_GENERATION, VFE_REG_QUEUE_NOTIFY_OFF,
		VFE_REG_QUEUE_NOTIF_CONFIG_DATA, VFE_REG_ISR_STATUS,
	};
	struct vfe_mock_spec spec = { .queues = 3, .features = U64_MAX };
	struct tdrv *td = tdrv_through_life(test, &spec);
	const struct vfe_mock_access *a;
	unsigned int i;

	VFE_DUTY(test, "T02", "4.1.3.1",
		 "each field is accessed in its own width, 64 bits as two of 32");
	VFE_DUTY(test, "T07", "4.1.4.3.2",
		 "fields that are read-only for the driver are not written");
	VFE_DUTY(test, "T12", "4.1.4.3.2",
		 "no queue beyond the class driver's is touched");
	for (i = 0; i < td->m->log_len; i++) {
		a = &td->m->log[i];
		expect_natural_width(test, a);
		if (a->reg == VFE_REG_QUEUE_SELECT)
			KUNIT_EXPECT_LT(test, a->val, 3U);
	}
	for (i = 0; i < ARRAY_SIZE(read_only); i++)
		KUNIT_EXPECT_EQ_MSG(test, vfe_mock_count(td->m, read_only[i],
							 VFE_WRITE), 0U,
				    "%s", vfe_reg_name(read_only[i]));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void queue_enable_comes_last(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct tdrv *td = tdrv_through_life(test, &spec);
	const struct vfe_mock_access *a;
	unsigned int i, enables = 0;
	bool enabled = false;

	VFE_DUTY(test, "T09", "4.1.4.3.2",
		 "queue_enable is written last of a queue's fields, and only as 1");
	for (i = 0; i < td->m->log_len; i++) {
		a = &td->m->log[i];
		if (a->dir != VFE_WRITE)
			continue;
		if (a->reg == VFE_REG_QUEUE_SELECT)
			enabled = false;
		else if (a->reg == VFE_REG_QUEUE_ENABLE)
			enabled = true;
		else if (a->reg >= VFE_REG_QUEUE_SIZE &&
			 a->reg <= VFE_REG_QUEUE_RESET)
			KUNIT_EXPECT_FALSE_MSG(test, enabled, "%s",
					       vfe_reg_name(a->reg));
		if (a->reg == VFE_REG_QUEUE_ENABLE) {
			KUNIT_EXPECT_EQ(test, a->val, 1U);
			enables++;
		}
	}
	/* each queue once, before and after the reset */
	KUNIT_EXPECT_EQ(test, enables, 6U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- where the rings are --- */

#define PLATFORM	BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)

/* Does the bus translate this address to memory? */
static void expect_translated(struct kunit *test, u64 addr)
{
	KUNIT_EXPECT_GE(test, addr, VFE_MOCK_BUS);
	KUNIT_EXPECT_NOT_NULL(test, vfe_mock_mem(addr));
}

static void addresses_of_the_bus(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) | PLATFORM |
			    BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
		.translated = true,
	};
	struct tdrv *td = tdrv_new(test, &spec);
	struct vfe_mock_queue *mq = td->m->queues;
	const struct vring_desc *desc;

	VFE_DUTY(test, "B26", "6.1",
		 "ACCESS_PLATFORM is accepted, then all addresses are those of the bus");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_TRUE(test, td->m->accepted & PLATFORM);
	expect_translated(test, mq->desc);
	expect_translated(test, mq->driver);
	expect_translated(test, mq->device);
	/* these addresses lead to the driver's memory, tables included */
	tdrv_expect_completion(test, td, 0);
	desc = vfe_mock_mem(mq->desc);
	expect_translated(test, le64_to_cpu((__force __le64)desc->addr));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void addresses_are_physical(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = BIT_ULL(VIRTIO_F_VERSION_1) };
	struct tdrv *td = tdrv_live(test, &spec);

	VFE_DUTY(test, "B26", "6.1",
		 "without ACCESS_PLATFORM addresses are physical, whatever the platform translates for others");
	KUNIT_EXPECT_LT(test, td->m->queues[0].desc, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, td->m->queues[0].driver, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, td->m->queues[0].device, VFE_MOCK_BUS);
	tdrv_expect_completion(test, td, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
	spec.translated = true;
	td = tdrv_live(test, &spec);
	KUNIT_EXPECT_LT(test, td->m->queues[0].desc, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, td->m->queues[0].driver, VFE_MOCK_BUS);
	KUNIT_EXPECT_LT(test, td->m->queues[0].device, VFE_MOCK_BUS);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case queue_registers_cases[] = {
	KUNIT_CASE(registers_of_a_life),
	KUNIT_CASE(queue_enable_comes_last),
	KUNIT_CASE(addresses_of_the_bus),
	KUNIT_CASE(addresses_are_physical),
	{}
};

VFE_SUITE(queue_registers_cases);
