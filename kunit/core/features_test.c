// SPDX-License-Identifier: GPL-2.0
/*
 * Features that the core accepts according to the parameters of vfe.ko, and a
 * disk on each resulting kind of ring.
 */

#include "lib/blk_fixture.h"
#include "lib/suite.h"

#define RING(name)	BIT_ULL(VIRTIO_##name)
#define ALL_RINGS	(RING(F_RING_PACKED) | RING(RING_F_EVENT_IDX) | \
			 RING(RING_F_INDIRECT_DESC) | RING(F_IN_ORDER) | \
			 RING(F_ORDER_PLATFORM) | \
			 RING(F_NOTIFICATION_DATA) | \
			 RING(F_NOTIF_CONFIG_DATA) | RING(F_RING_RESET))

struct features_param {
	const char *name;
	u64 bit;
};

static const struct features_param features_params[] = {
	{ "packed", RING(F_RING_PACKED) },
	{ "event_idx", RING(RING_F_EVENT_IDX) },
	{ "indirect", RING(RING_F_INDIRECT_DESC) },
	{ "in_order", RING(F_IN_ORDER) },
	{ "order_platform", RING(F_ORDER_PLATFORM) },
	{ "notification_data", RING(F_NOTIFICATION_DATA) },
	{ "notif_config_data", RING(F_NOTIF_CONFIG_DATA) },
	{ "ring_reset", RING(F_RING_RESET) },
};

KUNIT_ARRAY_PARAM_DESC(features, features_params, name);

static struct tdisk *features_tdisk(struct kunit *test, u64 rings)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) | rings,
		.queue_size = 64,
	};
	struct tdisk *td = tdisk_plug(test, &spec, 0);

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

/* Set a parameter. Return: its previous value */
static char features_set(struct tdisk *td, const char *name, char to)
{
	char *path = kasprintf(GFP_KERNEL, "module/vfe/parameters/%s", name);
	const char text[] = { to, 0 };
	char was[8] = "";

	KUNIT_ASSERT_NOT_NULL(td->test, path);
	KUNIT_EXPECT_EQ(td->test, 2,
			tdisk_read_file(td, path, was, sizeof(was)));
	KUNIT_EXPECT_EQ(td->test, 1, tdisk_write_file(td, path, text));
	kfree(path);
	return was[0];
}

/*
 * The core accepts all offered features. A feature whose parameter is off is
 * not accepted from the next probe on; a bound device stays unchanged.
 */
static void features_are_left_out(struct kunit *test)
{
	const struct features_param *param = test->param_value;
	struct tdisk *td = features_tdisk(test, ALL_RINGS);

	KUNIT_EXPECT_EQ(test, td->m->accepted & ALL_RINGS, ALL_RINGS);
	KUNIT_EXPECT_EQ(test, features_set(td, param->name, 'N'), 'Y');
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, td->m->accepted & ALL_RINGS, ALL_RINGS);
	tdisk_unbind(td);
	tdisk_recycle(td);
	KUNIT_EXPECT_EQ(test, tdisk_bind(td), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted & ALL_RINGS,
			ALL_RINGS & ~param->bit);
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, features_set(td, param->name, 'Y'), 'N');
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Each set of features that changes the ring */
static void features_rings(struct kunit *test)
{
	static const u64 bits[] = {
		RING(F_RING_PACKED), RING(RING_F_EVENT_IDX),
		RING(RING_F_INDIRECT_DESC), RING(F_IN_ORDER),
	};
	struct tdisk *td;
	unsigned int set, i;
	u64 rings;

	for (set = 0; set < BIT(ARRAY_SIZE(bits)); set++) {
		for (i = 0, rings = 0; i < ARRAY_SIZE(bits); i++)
			if (set & BIT(i))
				rings |= bits[i];
		td = features_tdisk(test, rings);
		KUNIT_EXPECT_EQ(test, td->m->accepted & ALL_RINGS, rings);
		for (i = 0; i < 12; i++) {
			tdisk_expect_works(td);
			tdisk_recycle(td);
		}
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdisk_unplug(td);
	}
}

static struct kunit_case features_cases[] = {
	KUNIT_CASE_PARAM(features_are_left_out, features_gen_params),
	KUNIT_CASE(features_rings),
	{}
};

VFE_SUITE(features_cases);
