// SPDX-License-Identifier: GPL-2.0
/*
 * The control queue: a device that answers, refuses, is late or silent, and
 * what users set over resets.
 */
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/pm.h>

#include "lib/net_fixture.h"

#define CTRL_FEATURES \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_RX) | BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_ANNOUNCE) | BIT_ULL(VIRTIO_NET_F_MQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))
#define BOUND_MS	30000	/* no operation of a user takes longer */

static struct tnet *ctrl_up(struct kunit *test)
{
	return tnet_pairs_up(test, CTRL_FEATURES, 2);
}

/* Lets work items of the driver and of the device end. */
static void settle(void)
{
	msleep(2000);
}

static void set_promisc(struct tnet *t, int inc)
{
	rtnl_lock();
	dev_set_promiscuity(t->dev, inc);
	rtnl_unlock();
	settle();
}

static void commands_are_those_of_the_specification(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);
	const struct tnet_command *c;

	VFE_DUTY(test, "N05", "5.1.9.5", "classes that were negotiated");
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 9), 0);
	c = tnet_last_command(t, VIRTIO_NET_CTRL_MAC,
			      VIRTIO_NET_CTRL_MAC_ADDR_SET);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_EQ(test, c->len, 6U);
	KUNIT_EXPECT_EQ(test, c->data[5], 9);
	set_promisc(t, 1);
	c = tnet_last_command(t, VIRTIO_NET_CTRL_RX,
			      VIRTIO_NET_CTRL_RX_PROMISC);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_EQ(test, c->len, 1U);
	KUNIT_EXPECT_EQ(test, c->data[0], 1);
	set_promisc(t, -1);
	c = tnet_last_command(t, VIRTIO_NET_CTRL_RX,
			      VIRTIO_NET_CTRL_RX_PROMISC);
	KUNIT_EXPECT_EQ(test, c->data[0], 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* 5.1.9.5.5: the device uses the first pair until the command. */
static void pairs_are_enabled_by_a_command(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);
	const struct tnet_command *c;
	struct ethtool_channels channels = { .combined_count = 2 };
	int err;

	VFE_DUTY(test, "N05", "5.1.9.5",
		 "1 to max_virtqueue_pairs, and no queue above the number");
	rtnl_lock();
	err = t->dev->ethtool_ops->set_channels(t->dev, &channels);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, err, 0);
	c = tnet_last_command(t, VIRTIO_NET_CTRL_MQ,
			      VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_EQ(test, c->data[0], 2);
	KUNIT_EXPECT_GT(test, vfe_mock_available(&t->m->queues[2]), 32U);
	tnet_clean(t);
}

/* A probe sends commands: the interface must exist nevertheless. */
static void a_silent_device_has_an_interface(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = CTRL_FEATURES, .queues = 3 };
	struct tnet *t = tnet_unbound(test, &spec, NULL);
	unsigned long begin = jiffies;

	t->silent = true;
	KUNIT_ASSERT_TRUE(test, tnet_bind(t));
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	tnet_expect_sends(t);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - begin), BOUND_MS);
	tnet_clean(t);
}

/*
 * The device stops answering. Users get an error within the bound, traffic
 * goes on, and when it answers again it has what users set.
 */
static void a_device_that_is_silent_for_a_while(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);
	unsigned long begin;
	unsigned int i;
	int err;

	t->silent = true;
	for (i = 0; i < 10; i++) {
		begin = jiffies;
		err = tnet_set_mac(t, 20 + i);
		KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - begin),
				BOUND_MS);
		if (err)
			KUNIT_EXPECT_EQ(test, err, -ETIMEDOUT);
	}
	tnet_expect_works(t);
	t->silent = false;
	tnet_answer(t);
	settle();
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 77), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* The memory of a command that was given up is the device's. */
static void a_late_answer_hurts_nobody(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);
	struct vfe_mock_chain *late;
	u8 *ack;

	late = kunit_kzalloc(test, sizeof(*late), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, late);
	t->silent = true;
	KUNIT_EXPECT_NE(test, tnet_set_mac(t, 30), 0);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(t->ctrl, late), 1);
	ack = vfe_mock_mem(late->segs[late->out].addr);
	t->silent = false;
	settle();
	/* KASAN and the next command's contents would tell */
	*ack = VIRTIO_NET_OK;
	tnet_set_mac(t, 31);
	*ack = VIRTIO_NET_ERR;
	vfe_mock_push(t->ctrl, late->id, 1, late->descs);
	vfe_mock_interrupt(t->ctrl);
	settle();
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 32), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

static void a_device_that_refuses(struct kunit *test)
{
	static const u8 acks[] = { VIRTIO_NET_ERR, 2, 255 };
	struct tnet *t = ctrl_up(test);
	unsigned int i;
	u8 old = t->dev->dev_addr[5];

	for (i = 0; i < ARRAY_SIZE(acks); i++) {
		t->ack = acks[i];
		KUNIT_EXPECT_NE(test, tnet_set_mac(t, 40), 0);
		KUNIT_EXPECT_EQ(test, t->dev->dev_addr[5], old);
		set_promisc(t, 1);
		set_promisc(t, -1);
		tnet_expect_works(t);
	}
	t->ack = VIRTIO_NET_OK;
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 41), 0);
	tnet_clean(t);
}

/* What users set is there after a reset, and after a resume. */
static void settings_survive_a_reset(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);
	const struct net_device_ops *ops = t->dev->netdev_ops;
	struct device *dev = &t->m->pdev->dev;
	__be16 vlan = htons(ETH_P_8021Q);
	const struct tnet_command *c;
	unsigned int round;

	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 50), 0);
	set_promisc(t, 1);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->ndo_vlan_rx_add_vid(t->dev, vlan, 7), 0);
	rtnl_unlock();
	settle();
	for (round = 0; round < 2; round++) {
		t->num_commands = 0;
		if (round) {
			KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
			KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
		} else {
			vfe_mock_needs_reset(t->m);
		}
		msleep(5000);
		c = tnet_last_command(t, VIRTIO_NET_CTRL_MAC,
				      VIRTIO_NET_CTRL_MAC_ADDR_SET);
		KUNIT_EXPECT_TRUE_MSG(test, c && c->data[5] == 50, "MAC, %u",
				      round);
		c = tnet_last_command(t, VIRTIO_NET_CTRL_RX,
				      VIRTIO_NET_CTRL_RX_PROMISC);
		KUNIT_EXPECT_TRUE_MSG(test, c && c->data[0] == 1, "promisc, %u",
				      round);
		c = tnet_last_command(t, VIRTIO_NET_CTRL_VLAN,
				      VIRTIO_NET_CTRL_VLAN_ADD);
		KUNIT_EXPECT_TRUE_MSG(test, c && c->data[0] == 7, "VLAN, %u",
				      round);
		tnet_expect_works(t);
	}
	rtnl_lock();
	ops->ndo_vlan_rx_kill_vid(t->dev, vlan, 7);
	rtnl_unlock();
	tnet_clean(t);
}

/*
 * Each answer comes late enough that no series sends all commands. The driver
 * sends the rest later, and ends, and each command once.
 */
static void a_device_that_is_slow(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);
	const struct net_device_ops *ops = t->dev->netdev_ops;
	__be16 vlan = htons(ETH_P_8021Q);
	unsigned int i, before;
	u16 vid;

	rtnl_lock();
	for (vid = 1; vid <= 10; vid++)
		ops->ndo_vlan_rx_add_vid(t->dev, vlan, vid);
	rtnl_unlock();
	settle();
	t->silent = true;
	vfe_mock_needs_reset(t->m);
	msleep(100);
	t->num_commands = 0;
	for (i = 0; i < 100; i++) {
		msleep(700);
		tnet_answer(t);
	}
	before = t->num_commands;
	KUNIT_EXPECT_GE(test, tnet_commands(t, VIRTIO_NET_CTRL_VLAN,
					    VIRTIO_NET_CTRL_VLAN_ADD), 10U);
	KUNIT_EXPECT_LE(test, before, 40U);
	for (i = 0; i < 30; i++) {
		msleep(700);
		tnet_answer(t);
	}
	KUNIT_EXPECT_EQ(test, t->num_commands, before);
	t->silent = false;
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* It has an address that no interface can have: it learns the other one. */
static void an_address_that_is_wrong(struct kunit *test)
{
	struct tnet *t = tnet_pairs_unbound(test, CTRL_FEATURES, 2);
	struct vfe_net_config *config = (void *)t->m->config;
	const struct tnet_command *c;

	eth_broadcast_addr(config->mac);
	tnet_bring_up(t);
	settle();
	c = tnet_last_command(t, VIRTIO_NET_CTRL_MAC,
			      VIRTIO_NET_CTRL_MAC_ADDR_SET);
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_TRUE(test, ether_addr_equal(c->data, t->dev->dev_addr));
	tnet_clean(t);
}

/* 5.1.9.5.4: a gratuitous packet, then the acknowledgment */
static void an_announcement_is_acknowledged(struct kunit *test)
{
	struct tnet *t = ctrl_up(test);
	struct vfe_net_config *config = (void *)t->m->config;

	VFE_DUTY(test, "N05", "5.1.9.5", "announce, and acknowledge");
	config->status |= cpu_to_le16(VIRTIO_NET_S_ANNOUNCE);
	vfe_mock_config_interrupt(t->m);
	settle();
	KUNIT_EXPECT_EQ(test, tnet_commands(t, VIRTIO_NET_CTRL_ANNOUNCE,
					    VIRTIO_NET_CTRL_ANNOUNCE_ACK), 1U);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(commands_are_those_of_the_specification),
	KUNIT_CASE(pairs_are_enabled_by_a_command),
	KUNIT_CASE(a_silent_device_has_an_interface),
	KUNIT_CASE(a_device_that_is_silent_for_a_while),
	KUNIT_CASE(a_late_answer_hurts_nobody),
	KUNIT_CASE(a_device_that_refuses),
	KUNIT_CASE(settings_survive_a_reset),
	KUNIT_CASE(a_device_that_is_slow),
	KUNIT_CASE(an_address_that_is_wrong),
	KUNIT_CASE(an_announcement_is_acknowledged),
	{}
};

VFE_SUITE(cases);
