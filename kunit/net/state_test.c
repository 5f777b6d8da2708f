// SPDX-License-Identifier: GPL-2.0
/*
 * What users set, after everything that makes the device forget it: resets,
 * suspend and resume, refusals. Each setting is sent again, in the order that
 * the specification needs.
 */
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/pm.h>

#include "lib/net_fixture.h"

#define STATE_FEATURES \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_RX) | BIT_ULL(VIRTIO_NET_F_CTRL_VLAN) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_MAC_ADDR) | BIT_ULL(VIRTIO_NET_F_MQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
	 BIT_ULL(VIRTIO_NET_F_NOTF_COAL) | \
	 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL) | BIT_ULL(VIRTIO_F_RING_RESET))

static struct tnet *state_up(struct kunit *test, u64 more)
{
	return tnet_pairs_up(test, STATE_FEATURES | more, 3);
}

/* --- settings --- */

static bool may_fail;	/* the device does not do what users set */

static void expect_set(struct tnet *t, int err)
{
	if (!may_fail)
		KUNIT_EXPECT_EQ(t->test, err, 0);
}

static void set_mac(struct tnet *t)
{
	struct sockaddr addr = { .sa_family = ARPHRD_ETHER };

	memcpy(addr.sa_data, t->dev->dev_addr, ETH_ALEN);
	addr.sa_data[5] = 50;
	expect_set(t, dev_set_mac_address(t->dev, &addr, NULL));
}

static void set_rss(struct tnet *t)
{
	struct ethtool_rxfh_param rxfh = { .hfunc = ETH_RSS_HASH_NO_CHANGE };
	struct netlink_ext_ack extack = {};
	u32 indir[128];
	u8 key[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(indir); i++)
		indir[i] = i % 2;
	memset(key, 0x3c, sizeof(key));
	rxfh.indir = indir;
	rxfh.key = key;
	expect_set(t, t->dev->ethtool_ops->set_rxfh(t->dev, &rxfh, &extack));
}

/* All that users set. The rtnl lock is held. */
static void set_all(struct tnet *t, bool rss)
{
	const struct net_device_ops *nops = t->dev->netdev_ops;
	const struct ethtool_ops *ops = t->dev->ethtool_ops;
	struct ethtool_channels channels = { .combined_count = 2 };
	struct ethtool_coalesce ec = {
		.rx_coalesce_usecs = 31, .rx_max_coalesced_frames = 32,
		.tx_coalesce_usecs = 33, .tx_max_coalesced_frames = 34,
	};
	struct kernel_ethtool_coalesce kernel = {};
	struct netlink_ext_ack extack = {};
	__be16 proto = htons(ETH_P_8021Q);

	set_mac(t);
	expect_set(t, ops->set_channels(t->dev, &channels));
	expect_set(t, ops->set_coalesce(t->dev, &ec, &kernel, &extack));
	ec.rx_coalesce_usecs = 41;
	expect_set(t, ops->set_per_queue_coalesce(t->dev, 1, &ec));
	dev_set_promiscuity(t->dev, 1);
	dev_set_allmulti(t->dev, 1);
	KUNIT_EXPECT_EQ(t->test, nops->ndo_vlan_rx_add_vid(t->dev, proto, 7),
			0);
	t->dev->wanted_features &= ~NETIF_F_GRO_HW;
	netdev_update_features(t->dev);
	if (!may_fail)
		KUNIT_EXPECT_FALSE(t->test, t->dev->features & NETIF_F_GRO_HW);
	KUNIT_EXPECT_EQ(t->test, dev_set_mtu(t->dev, 1400), 0);
	if (rss)
		set_rss(t);
}

static void unset_vlan(struct tnet *t)
{
	rtnl_lock();
	t->dev->netdev_ops->ndo_vlan_rx_kill_vid(t->dev, htons(ETH_P_8021Q), 7);
	rtnl_unlock();
}

/* --- what the device must get --- */

/* Where is the last command of this kind? -1: nowhere */
static int find(struct tnet *t, u8 class, u8 cmd)
{
	int i = min(t->num_commands, TNET_COMMANDS);

	while (i--)
		if (t->commands[i].class == class && t->commands[i].cmd == cmd)
			break;
	return i;
}

/* The command's first bytes are these. */
static int expect_command(struct tnet *t, const char *event, u8 class, u8 cmd,
			  const u8 *data, unsigned int n)
{
	int i = find(t, class, cmd);

	KUNIT_EXPECT_GE_MSG(t->test, i, 0, "%s: class %u, command %u", event,
			    class, cmd);
	if (i >= 0)
		KUNIT_EXPECT_MEMEQ_MSG(t->test, t->commands[i].data, data, n,
				       "%s: class %u, command %u", event,
				       class, cmd);
	return i;
}

static void expect_all(struct tnet *t, const char *event, bool rss)
{
	static const u8 one[] = { 1 }, vlan[] = { 7, 0 }, pairs[] = { 2, 0 };
	static const u8 mac[] = { 2, 0, 0, 0, 0, 50 };
	static const u8 rx[] = { 32, 0, 0, 0, 31, 0, 0, 0 };
	static const u8 tx[] = { 34, 0, 0, 0, 33, 0, 0, 0 };
	static const u8 offloads[] = { BIT(VIRTIO_NET_F_GUEST_CSUM), 0, 0, 0 };
	static const u8 table[] = { 127, 0 };
	int mq, rx_set;

	expect_command(t, event, VIRTIO_NET_CTRL_MAC,
		       VIRTIO_NET_CTRL_MAC_ADDR_SET, mac, sizeof(mac));
	expect_command(t, event, VIRTIO_NET_CTRL_GUEST_OFFLOADS,
		       VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, offloads,
		       sizeof(offloads));
	expect_command(t, event, VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC,
		       one, 1);
	expect_command(t, event, VIRTIO_NET_CTRL_RX,
		       VIRTIO_NET_CTRL_RX_ALLMULTI, one, 1);
	expect_command(t, event, VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD,
		       vlan, sizeof(vlan));
	expect_command(t, event, VIRTIO_NET_CTRL_NOTF_COAL,
		       VIRTIO_NET_CTRL_NOTF_COAL_TX_SET, tx, sizeof(tx));
	rx_set = expect_command(t, event, VIRTIO_NET_CTRL_NOTF_COAL,
				VIRTIO_NET_CTRL_NOTF_COAL_RX_SET, rx,
				sizeof(rx));
	/* 5.1.9.5.10: values for all queues overwrite those of each queue */
	KUNIT_EXPECT_GT_MSG(t->test, find(t, VIRTIO_NET_CTRL_NOTF_COAL,
					  VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET),
			    rx_set, "%s: a queue before all", event);
	if (rss) {
		mq = find(t, VIRTIO_NET_CTRL_MQ, VIRTIO_NET_CTRL_MQ_RSS_CONFIG);
		KUNIT_ASSERT_GE_MSG(t->test, mq, 0, "%s: no RSS", event);
		KUNIT_EXPECT_MEMEQ(t->test, t->commands[mq].data + 4, table,
				   2);
	} else {
		expect_command(t, event, VIRTIO_NET_CTRL_MQ,
			       VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, pairs,
			       sizeof(pairs));
	}
}

/* Each of both pairs works. */
static void expect_pairs(struct tnet *t)
{
	unsigned int pair;

	for (pair = 0; pair < 2; pair++) {
		t->rx = &t->m->queues[2 * pair];
		tnet_expect_receives(t, 300, pair);
	}
	t->rx = &t->m->queues[0];
	KUNIT_EXPECT_EQ(t->test, t->dev->real_num_tx_queues, 2U);
	KUNIT_EXPECT_EQ(t->test, t->dev->mtu, 1400U);
	KUNIT_EXPECT_EQ(t->test, t->dev->dev_addr[5], 50);
}

/* --- events --- */

static void asks_for_a_reset(struct tnet *t)
{
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
}

static void sleeps(struct tnet *t)
{
	struct device *dev = &t->m->pdev->dev;

	KUNIT_EXPECT_EQ(t->test, dev->driver->pm->suspend(dev), 0);
	KUNIT_EXPECT_EQ(t->test, dev->driver->pm->resume(dev), 0);
	tnet_wait_live(t);
}

/* What users set while the device sleeps is there afterwards. */
static void sleeps_while_users_set(struct tnet *t)
{
	struct device *dev = &t->m->pdev->dev;
	struct sockaddr addr = { .sa_family = ARPHRD_ETHER };

	KUNIT_EXPECT_EQ(t->test, dev->driver->pm->suspend(dev), 0);
	memcpy(addr.sa_data, t->dev->dev_addr, ETH_ALEN);
	addr.sa_data[5] = 51;
	rtnl_lock();
	KUNIT_EXPECT_EQ(t->test, dev_set_mac_address(t->dev, &addr, NULL), 0);
	addr.sa_data[5] = 50;
	KUNIT_EXPECT_EQ(t->test, dev_set_mac_address(t->dev, &addr, NULL), 0);
	dev_set_promiscuity(t->dev, 1);
	dev_set_promiscuity(t->dev, -1);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(t->test, dev->driver->pm->resume(dev), 0);
	tnet_wait_live(t);
}

static const struct event {
	const char *name;
	void (*happens)(struct tnet *t);
} events[] = {
	{ "a reset that the device asks for", asks_for_a_reset },
	{ "suspend and resume", sleeps },
	{ "changes while suspended", sleeps_while_users_set },
};

static void try_events(struct kunit *test, u64 more, bool rss)
{
	struct tnet *t = state_up(test, more);
	unsigned int i;

	rtnl_lock();
	set_all(t, rss);
	rtnl_unlock();
	msleep(1000);
	expect_all(t, "set", rss);
	expect_pairs(t);
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		t->num_commands = 0;
		events[i].happens(t);
		msleep(1000);
		expect_all(t, events[i].name, rss);
		expect_pairs(t);
	}
	unset_vlan(t);
	tnet_clean(t);
}

static void settings_survive(struct kunit *test)
{
	try_events(test, 0, false);
}

static void settings_survive_with_receive_steering(struct kunit *test)
{
	try_events(test, BIT_ULL(VIRTIO_NET_F_RSS) |
		   BIT_ULL(VIRTIO_NET_F_HASH_REPORT), true);
}

/* The driver sends nothing twice that the device has already. */
static void no_needless_commands(struct kunit *test)
{
	struct tnet *t = state_up(test, 0);
	unsigned int before;

	rtnl_lock();
	set_all(t, false);
	rtnl_unlock();
	msleep(1000);
	before = t->num_commands;
	rtnl_lock();
	dev_set_promiscuity(t->dev, 1);
	dev_set_allmulti(t->dev, 1);
	netdev_update_features(t->dev);
	rtnl_unlock();
	msleep(1000);
	KUNIT_EXPECT_EQ(test, t->num_commands, before);
	unset_vlan(t);
	tnet_clean(t);
}

/* A device refuses a setting: the log has one line, and the rest works. */
static void a_device_that_refuses_all_after_a_reset(struct kunit *test)
{
	struct tnet *t = state_up(test, BIT_ULL(VIRTIO_NET_F_RSS) |
				  BIT_ULL(VIRTIO_NET_F_HASH_REPORT));

	rtnl_lock();
	set_all(t, true);
	rtnl_unlock();
	msleep(1000);
	t->ack = VIRTIO_NET_ERR;
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
	msleep(5000);
	/* 5.1.9.5.5: no pair but the first is enabled */
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, 1U);
	tnet_expect_works(t);
	t->ack = VIRTIO_NET_OK;
	unset_vlan(t);
	tnet_clean(t);
}

/* --- a device that ignores commands, from one on --- */

static unsigned int patience;	/* commands before that one */
static struct tnet *impatient;

static bool falls_silent(const struct tnet_command *c)
{
	if (patience && !--patience)
		impatient->silent = true;
	return false;
}

static bool refuses_the_rest(const struct tnet_command *c)
{
	if (!patience)
		return true;
	patience--;
	return false;
}

/*
 * The device answers only the first @n commands of set_all(), or refuses the
 * others. Later it takes all. Return: whether there were more than @n commands
 */
static bool try_patience(struct kunit *test, unsigned int n, bool rss,
			 bool silence)
{
	struct tnet *t = state_up(test, rss ? BIT_ULL(VIRTIO_NET_F_RSS) |
				  BIT_ULL(VIRTIO_NET_F_HASH_REPORT) : 0);
	bool more;

	msleep(500);
	patience = n;
	impatient = t;
	t->refuses = silence ? falls_silent : refuses_the_rest;
	may_fail = true;
	rtnl_lock();
	set_all(t, rss);
	rtnl_unlock();
	may_fail = false;
	tnet_expect_receives(t, 300, n);
	msleep(1000);
	more = silence ? t->silent : !patience;
	t->refuses = NULL;
	t->silent = false;
	if (silence)
		tnet_answer(t);
	/* longer than it waits for a late answer */
	msleep(13000);
	t->num_commands = 0;
	/* filters were sent again, others are set again by their user */
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
	rtnl_lock();
	set_all(t, rss);
	rtnl_unlock();
	msleep(1000);
	expect_all(t, silence ? "silence" : "refusals", rss);
	expect_pairs(t);
	unset_vlan(t);
	tnet_clean(t);
	return more;
}

/* The last ones exceed the number of commands of set_all(). */
static const unsigned int patiences[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
};

static void describe(const unsigned int *n, char *text)
{
	snprintf(text, KUNIT_PARAM_DESC_SIZE, "%u commands", *n);
}

KUNIT_ARRAY_PARAM(patience, patiences, describe);

static void a_device_that_falls_silent(struct kunit *test)
{
	const unsigned int *n = test->param_value;

	KUNIT_EXPECT_TRUE(test, try_patience(test, *n + 1, *n % 2, true) ||
			  *n > 8);
}

static void a_device_that_refuses_the_rest(struct kunit *test)
{
	const unsigned int *n = test->param_value;

	KUNIT_EXPECT_TRUE(test, try_patience(test, *n, *n % 2, false) ||
			  *n > 8);
}

/* Many addresses: more than a command has room for makes it promiscuous. */
static void many_addresses(struct kunit *test)
{
	struct tnet *t = state_up(test, 0);
	u8 addr[ETH_ALEN] = { 2, 1 }, group[ETH_ALEN] = { 1, 0, 0x5e };
	unsigned int i;

	for (i = 0; i < 10; i++) {
		addr[5] = i;
		group[5] = i;
		KUNIT_EXPECT_EQ(test, dev_uc_add(t->dev, addr), 0);
		KUNIT_EXPECT_EQ(test, dev_mc_add(t->dev, group), 0);
	}
	msleep(1000);
	KUNIT_EXPECT_GT(test, tnet_commands(t, VIRTIO_NET_CTRL_MAC,
					    VIRTIO_NET_CTRL_MAC_TABLE_SET), 0U);
	for (i = 0; i < 600; i++) {
		addr[4] = 1 + i / 256;
		addr[5] = i;
		KUNIT_EXPECT_EQ(test, dev_uc_add(t->dev, addr), 0);
	}
	msleep(1000);
	KUNIT_EXPECT_GE(test, find(t, VIRTIO_NET_CTRL_RX,
				   VIRTIO_NET_CTRL_RX_PROMISC), 0);
	tnet_expect_works(t);
	asks_for_a_reset(t);
	for (i = 0; i < 600; i++) {
		addr[4] = 1 + i / 256;
		addr[5] = i;
		dev_uc_del(t->dev, addr);
	}
	msleep(1000);
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(settings_survive),
	KUNIT_CASE(settings_survive_with_receive_steering),
	KUNIT_CASE(no_needless_commands),
	KUNIT_CASE(a_device_that_refuses_all_after_a_reset),
	KUNIT_CASE_PARAM(a_device_that_falls_silent, patience_gen_params),
	KUNIT_CASE_PARAM(a_device_that_refuses_the_rest, patience_gen_params),
	KUNIT_CASE(many_addresses),
	{}
};

VFE_SUITE(cases);
