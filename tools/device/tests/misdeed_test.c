// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of --fault: the device breaks exactly the rule of the option.
 */
#include "guest.h"

static uint64_t faults;

static void with_faults(struct options *o)
{
	o->faults = faults;
}

static void begin(struct guest *g, unsigned int fault)
{
	faults = BIT64(fault);
	guest_open(g, with_faults);
	guest_negotiate(g, V1 | RESET);
	set(g, VFE_REG_QUEUE_SELECT, 1);
}

static void test_features(void)
{
	struct guest g;

	begin(&g, FAULT_FEATURES);
	CHECK_EQ(offered(&g) & (V1 | PACKED | RESET), PACKED | RESET);
	CHECK_EQ(guest_negotiate(&g, V1), 3);
	CHECK_EQ(guest_negotiate(&g, PACKED), 3);
	guest_close(&g);
	begin(&g, FAULT_WCE);
	CHECK(offered(&g) & BIT64(VIRTIO_BLK_F_CONFIG_WCE));
	CHECK(!(offered(&g) & BIT64(VIRTIO_BLK_F_FLUSH)));
	check_alive(&g, 16);
	guest_close(&g);
}

static void test_sizes(void)
{
	struct guest g;

	begin(&g, FAULT_QUEUE_SIZE_ZERO);
	CHECK_EQ(get(&g, VFE_REG_NUM_QUEUES), 2);
	CHECK_EQ(get(&g, VFE_REG_QUEUE_SIZE), 0);
	guest_close(&g);
	begin(&g, FAULT_QUEUE_SIZE_ODD);
	for (unsigned int size = 1; size <= QUEUE_SIZE; size *= 2) {
		uint32_t odd;

		set(&g, VFE_REG_QUEUE_SIZE, size);
		odd = get(&g, VFE_REG_QUEUE_SIZE);
		CHECK(odd & (odd - 1));
	}
	check_alive(&g, 16);
	guest_close(&g);
}

static void test_vectors(void)
{
	struct guest g;

	begin(&g, FAULT_CONFIG_VECTOR);
	set(&g, VFE_REG_CONFIG_MSIX_VECTOR, 0);
	CHECK_EQ(get(&g, VFE_REG_CONFIG_MSIX_VECTOR), VIRTIO_MSI_NO_VECTOR);
	set(&g, VFE_REG_QUEUE_MSIX_VECTOR, 1);
	CHECK_EQ(get(&g, VFE_REG_QUEUE_MSIX_VECTOR), 1);
	guest_close(&g);
	begin(&g, FAULT_QUEUE_VECTOR);
	set(&g, VFE_REG_CONFIG_MSIX_VECTOR, 0);
	CHECK_EQ(get(&g, VFE_REG_CONFIG_MSIX_VECTOR), 0);
	set(&g, VFE_REG_QUEUE_MSIX_VECTOR, 1);
	CHECK_EQ(get(&g, VFE_REG_QUEUE_MSIX_VECTOR), VIRTIO_MSI_NO_VECTOR);
	check_alive(&g, 16);
	guest_close(&g);
}

static void test_notify_offset(void)
{
	struct guest g;

	begin(&g, FAULT_NOTIFY_OFFSET);
	CHECK(get(&g, VFE_REG_QUEUE_NOTIFY_OFF) * VFE_NOTIFY_MULTIPLIER >=
	      VFE_STRUCT_SIZE);
	check_alive(&g, 16);
	guest_close(&g);
}

static void test_generation(void)
{
	struct guest g;
	uint32_t last;

	begin(&g, FAULT_GENERATION);
	last = get(&g, VFE_REG_CONFIG_GENERATION);
	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t next = get(&g, VFE_REG_CONFIG_GENERATION);

		CHECK(next != last);
		last = next;
	}
	check_alive(&g, 16);
	guest_close(&g);
}

static void test_queue_reset(void)
{
	struct guest g;

	begin(&g, FAULT_QUEUE_RESET);
	check_alive(&g, 16);
	guest_start(&g, V1 | RESET, 16);
	set(&g, VFE_REG_QUEUE_RESET, 1);
	for (unsigned int i = 0; i < 1000; i++)
		CHECK_EQ(get(&g, VFE_REG_QUEUE_RESET), 1);
	/* Nothing ends it but a reset of the device. */
	set(&g, VFE_REG_QUEUE_RESET, 1);
	set(&g, VFE_REG_QUEUE_SIZE, 16);
	set(&g, VFE_REG_QUEUE_ENABLE, 1);
	CHECK_EQ(get(&g, VFE_REG_QUEUE_ENABLE), 0);
	put_request(&g, 0, VIRTIO_BLK_T_IN, 0, 512);
	offer(&g, 0);
	kick(&g);
	CHECK_EQ(used_idx(&g), 0);
	CHECK_EQ(g.c.queue_resets, 1);
	check_alive(&g, 16);
	CHECK_EQ(get(&g, VFE_REG_QUEUE_RESET), 0);
	guest_close(&g);
}

const struct test misdeed_tests[] = {
	{ "--fault features, wce", .run = test_features },
	{ "--fault queue_size_zero, queue_size_odd", .run = test_sizes },
	{ "--fault config_vector, queue_vector", .run = test_vectors },
	{ "--fault notify_offset", .run = test_notify_offset },
	{ "--fault generation", .run = test_generation },
	{ "--fault queue_reset", .run = test_queue_reset },
	{ }
};
