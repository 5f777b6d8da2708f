// SPDX-License-Identifier: GPL-2.0
/*
 * Receive filters: addresses in the table of the device, more than it takes,
 * filters that it refuses. The interface never gets fewer packets than users
 * want.
 */
#include <linux/ethtool.h>
#include <linux/if_vlan.h>

#include "lib/log.h"
#include "lib/net_fixture.h"

#define FEATURES \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_RX) | BIT_ULL(VIRTIO_NET_F_CTRL_VLAN))

static struct tnet *filters_up(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };

	return tnet_up(test, &spec, NULL);
}

/* Lets the work item send the newest filter. */
static void settle(void)
{
	msleep(1000);
}

/* --- what the device has, of all commands so far --- */

static struct {
	int promisc;
	int allmulti;
	unsigned int tables;
	u32 first;	/* of the last table: addresses in the first list */
	u32 bytes;	/* all of it, as far as it is remembered */
} device;

static u8 refused_class;	/* refuses() refuses it */
static int refused_cmd;		/* only this command of it; -1: all */

/* Follows the commands as the device does; refuses some. */
static bool refuses(const struct tnet_command *c)
{
	if (c->class == refused_class &&
	    (refused_cmd < 0 || c->cmd == refused_cmd))
		return true;
	if (c->class == VIRTIO_NET_CTRL_RX &&
	    c->cmd == VIRTIO_NET_CTRL_RX_PROMISC)
		device.promisc = c->data[0];
	if (c->class == VIRTIO_NET_CTRL_RX &&
	    c->cmd == VIRTIO_NET_CTRL_RX_ALLMULTI)
		device.allmulti = c->data[0];
	if (c->class == VIRTIO_NET_CTRL_MAC &&
	    c->cmd == VIRTIO_NET_CTRL_MAC_TABLE_SET) {
		device.tables++;
		device.first = get_unaligned_le32(c->data);
		device.bytes = c->len;
	}
	return false;
}

static void refuse(struct tnet *t, u8 class, int cmd)
{
	refused_class = class;
	refused_cmd = cmd;
	t->refuses = refuses;
}

static void refuse_nothing(struct tnet *t)
{
	refuse(t, U8_MAX, -1);
}

/* --- the table --- */

static void set_addresses(struct tnet *t, bool multicast, unsigned int from,
			  unsigned int n, bool add)
{
	u8 addr[ETH_ALEN] = { multicast ? 1 : 2, 0, 0x5e };
	unsigned int i;
	int err;

	rtnl_lock();
	for (i = from; i < from + n; i++) {
		put_unaligned_be16(i, addr + 4);
		if (multicast)
			err = add ? dev_mc_add(t->dev, addr) :
				    dev_mc_del(t->dev, addr);
		else
			err = add ? dev_uc_add(t->dev, addr) :
				    dev_uc_del(t->dev, addr);
		KUNIT_EXPECT_EQ(t->test, err, 0);
	}
	rtnl_unlock();
	settle();
}

/**
 * struct table_row - addresses, and what the device must have then
 * @uc: unicast addresses
 * @mc: multicast addresses
 * @promisc: accepts all packets
 * @allmulti: all multicast ones
 */
static const struct table_row {
	unsigned int uc;
	unsigned int mc;
	bool promisc;
	bool allmulti;
} table_rows[] = {
	{ 0, 0 },
	{ 3, 0 },
	{ 0, 4 },
	{ 2, 3 },
	{ 600, 0 },
	{ 670, 8, false, false },
	/* with the stack's own multicast address, one too many */
	{ 679, 0, false, true },
	{ 680, 0, true, false },
	{ 700, 0, true, false },
	{ 0, 700, false, true },
	{ 700, 700, true, true },
	{ 600, 200, false, true },
	{ 1, 1 },
};

static void addresses(struct kunit *test)
{
	struct tnet *t = filters_up(test, FEATURES);
	const struct table_row *row;
	unsigned int i;

	VFE_DUTY(test, "N09", "5.1.9.5.2",
		 "a number and that many of them, twice");
	refuse_nothing(t);
	for (i = 0; i < ARRAY_SIZE(table_rows); i++) {
		row = &table_rows[i];
		memset(&device, 0, sizeof(device));
		device.promisc = t->vn->state.promisc;
		device.allmulti = t->vn->state.allmulti;
		set_addresses(t, false, 0, row->uc, true);
		set_addresses(t, true, 1000, row->mc, true);
		if (row->uc || row->mc)
			KUNIT_EXPECT_GT(test, device.tables, 0U);
		KUNIT_EXPECT_EQ_MSG(test, device.promisc, row->promisc,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, device.allmulti, row->allmulti,
				    "row %u", i);
		if (!row->promisc && device.tables)
			KUNIT_EXPECT_EQ_MSG(test, device.first, row->uc,
					    "row %u", i);
		set_addresses(t, false, 0, row->uc, false);
		set_addresses(t, true, 1000, row->mc, false);
		KUNIT_EXPECT_EQ_MSG(test, device.promisc, 0, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, device.allmulti, 0, "row %u", i);
	}
	tnet_clean(t);
}

/* --- filters that are refused --- */

/* Without its table a device accepts all; with it, no longer. */
static void a_table_that_is_refused(struct kunit *test)
{
	struct tnet *t = filters_up(test, FEATURES);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i;

	memset(&device, 0, sizeof(device));
	refuse(t, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET);
	for (i = 0; i < 5; i++) {
		set_addresses(t, false, i, 1, true);
		KUNIT_EXPECT_EQ(test, device.promisc, 1);
	}
	/* one line, however often */
	KUNIT_EXPECT_EQ(test, log_warnings(mark, "refuses receive filters"),
			1U);
	tnet_expect_works(t);
	refuse_nothing(t);
	set_addresses(t, false, 50, 1, true);
	KUNIT_EXPECT_EQ(test, device.promisc, 0);
	KUNIT_EXPECT_EQ(test, device.first, 6U);
	set_addresses(t, false, 0, 5, false);
	set_addresses(t, false, 50, 1, false);
	tnet_clean(t);
}

/* Even the modes are refused: nothing more can be done, and packets flow. */
static void modes_that_are_refused(struct kunit *test)
{
	struct tnet *t = filters_up(test, FEATURES);
	unsigned int i;

	refuse(t, VIRTIO_NET_CTRL_RX, -1);
	for (i = 0; i < 3; i++) {
		rtnl_lock();
		dev_set_promiscuity(t->dev, 1);
		dev_set_allmulti(t->dev, 1);
		rtnl_unlock();
		settle();
		tnet_expect_works(t);
		rtnl_lock();
		dev_set_promiscuity(t->dev, -1);
		dev_set_allmulti(t->dev, -1);
		rtnl_unlock();
		settle();
	}
	/* once it takes them, it gets them */
	memset(&device, 0, sizeof(device));
	refuse_nothing(t);
	rtnl_lock();
	dev_set_promiscuity(t->dev, 1);
	rtnl_unlock();
	settle();
	KUNIT_EXPECT_EQ(test, device.promisc, 1);
	rtnl_lock();
	dev_set_promiscuity(t->dev, -1);
	rtnl_unlock();
	settle();
	KUNIT_EXPECT_EQ(test, device.promisc, 0);
	tnet_clean(t);
}

/* --- VLANs --- */

static int set_vlan(struct tnet *t, __be16 proto, u16 vid, bool add)
{
	const struct net_device_ops *ops = t->dev->netdev_ops;
	int err;

	rtnl_lock();
	err = add ? ops->ndo_vlan_rx_add_vid(t->dev, proto, vid) :
		    ops->ndo_vlan_rx_kill_vid(t->dev, proto, vid);
	rtnl_unlock();
	return err;
}

static unsigned int vlan_commands(struct tnet *t, bool add)
{
	return tnet_commands(t, VIRTIO_NET_CTRL_VLAN,
			     add ? VIRTIO_NET_CTRL_VLAN_ADD :
				   VIRTIO_NET_CTRL_VLAN_DEL);
}

static void vlans_that_are_refused(struct kunit *test)
{
	struct tnet *t = filters_up(test, FEATURES);
	struct kmsg_dump_iter mark = log_mark();
	__be16 proto = htons(ETH_P_8021Q);

	memset(&device, 0, sizeof(device));
	refuse(t, VIRTIO_NET_CTRL_VLAN, -1);
	/* not an error: the device accepts all then */
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 5, true), 0);
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 6, true), 0);
	KUNIT_EXPECT_EQ(test, device.promisc, 1);
	KUNIT_EXPECT_EQ(test, log_warnings(mark, "refuses VLAN filters"), 1U);
	refuse_nothing(t);
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 5, false), 0);
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 6, false), 0);
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, VLAN_N_VID, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_vlan(t, htons(ETH_P_8021AD), 5, true),
			-EINVAL);
	tnet_expect_works(t);
	tnet_clean(t);
	/* without CTRL_RX there is no way to accept all */
	t = filters_up(test, FEATURES & ~BIT_ULL(VIRTIO_NET_F_CTRL_RX));
	refuse(t, VIRTIO_NET_CTRL_VLAN, -1);
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 5, true), 0);
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 5, false), 0);
	tnet_clean(t);
	/* and without CTRL_VLAN nothing to filter */
	t = filters_up(test, FEATURES & ~BIT_ULL(VIRTIO_NET_F_CTRL_VLAN));
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 5, true), 0);
	KUNIT_EXPECT_EQ(test, vlan_commands(t, true), 0U);
	tnet_clean(t);
}

/* A silent device gets them when it answers again, the removed ones, too. */
static void vlans_of_a_silent_device(struct kunit *test)
{
	struct tnet *t = filters_up(test, FEATURES);
	__be16 proto = htons(ETH_P_8021Q);

	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 5, true), 0);
	t->silent = true;
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 6, true), 0);
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 5, false), 0);
	t->num_commands = 0;
	t->silent = false;
	tnet_answer(t);
	msleep(12000);
	KUNIT_EXPECT_GT(test, vlan_commands(t, true), 0U);
	KUNIT_EXPECT_EQ(test, t->vn->state.vlans->wanted[0], BIT(6));
	KUNIT_EXPECT_EQ(test, t->vn->state.vlans->sent[0], BIT(6));
	KUNIT_EXPECT_EQ(test, set_vlan(t, proto, 6, false), 0);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(addresses),
	KUNIT_CASE(a_table_that_is_refused),
	KUNIT_CASE(modes_that_are_refused),
	KUNIT_CASE(vlans_that_are_refused),
	KUNIT_CASE(vlans_of_a_silent_device),
	{}
};

VFE_SUITE(cases);
