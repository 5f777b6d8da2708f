// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an interface: probe with any configuration, link, MTU, open and
 * close under traffic, suspend, resets, errors, removal.
 */
#include <linux/lockdep.h>
#include <linux/pm.h>
#include <net/net_failover.h>
#include <net/netdev_rx_queue.h>

#include "lib/net_fixture.h"

static void an_interface_that_works(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	VFE_DUTY(test, "N01", "5.1.4.2", "MAC and MTU are the device's");
	KUNIT_EXPECT_TRUE(test, netif_carrier_ok(t->dev));
	KUNIT_EXPECT_EQ(test, t->dev->dev_addr[0], 2);
	KUNIT_EXPECT_EQ(test, t->dev->dev_addr[5], 1);
	KUNIT_EXPECT_EQ(test, t->dev->mtu, 1500U);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* A program that polls a queue can find its NAPI context. */
static void napi_of_a_queue(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct napi_struct *napi = t->dev->_rx[0].napi;

	KUNIT_ASSERT_NOT_NULL(test, napi);
	KUNIT_EXPECT_PTR_EQ(test, netdev_get_tx_queue(t->dev, 0)->napi, napi);
	KUNIT_EXPECT_PTR_EQ(test, napi->dev, t->dev);
	KUNIT_EXPECT_NE(test, napi->napi_id, 0U);
	tnet_clean(t);
}

static int port_name(struct net_device *dev, char name[IFNAMSIZ])
{
	return dev->netdev_ops->ndo_get_phys_port_name(dev, name, IFNAMSIZ);
}

/* net_failover does not initialise this lock, which a checker reports. */
static int init_master(struct notifier_block *nb, unsigned long event, void *p)
{
	struct net_device *dev = netdev_notifier_info_to_dev(p);
	struct net_failover_info *info = netdev_priv(dev);

	/* the standby's parent is the same, but it has this operation */
	if (event == NETDEV_REGISTER && dev->dev.parent &&
	    dev_is_pci(dev->dev.parent) &&
	    !dev->netdev_ops->ndo_get_phys_port_name)
		spin_lock_init(&info->stats_lock);
	return NOTIFY_DONE;
}

/* The kernel's master of a standby exists as long as the standby. */
static void a_standby_has_a_master(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_STANDBY),
	};
	static struct notifier_block nb = { .notifier_call = init_master };
	struct tnet *t = tnet_unbound(test, &spec, NULL);
	struct net_device *master;
	char name[IFNAMSIZ];

	KUNIT_ASSERT_EQ(test, register_netdevice_notifier(&nb), 0);
	/* net_failover reads RCU pointers under rtnl alone */
	lockdep_off();
	KUNIT_ASSERT_TRUE(test, tnet_bind(t));
	rtnl_lock();
	master = netdev_master_upper_dev_get(t->dev);
	KUNIT_EXPECT_NOT_NULL(test, master);
	if (master)
		KUNIT_EXPECT_TRUE(test, ether_addr_equal(master->dev_addr,
							 t->dev->dev_addr));
	KUNIT_EXPECT_EQ(test, port_name(t->dev, name), 0);
	KUNIT_EXPECT_STREQ(test, name, "sby");
	rtnl_unlock();
	/* it is by this address that the primary function is found */
	KUNIT_EXPECT_EQ(test, tnet_set_mac(t, 9), -EOPNOTSUPP);
	tnet_clean(t);
	lockdep_on();
	unregister_netdevice_notifier(&nb);
}

/* An ordinary interface; a standby without the address that joins the two */
static void others_have_none(struct kunit *test)
{
	static const u64 features[] = {
		TNET_FEATURES,
		(TNET_FEATURES & ~BIT_ULL(VIRTIO_NET_F_MAC)) |
		BIT_ULL(VIRTIO_NET_F_STANDBY),
	};
	char name[IFNAMSIZ];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		struct vfe_mock_spec spec = { .features = features[i] };
		struct tnet *t = tnet_unbound(test, &spec, NULL);

		KUNIT_ASSERT_TRUE(test, tnet_bind(t));
		rtnl_lock();
		KUNIT_EXPECT_NULL(test, netdev_master_upper_dev_get(t->dev));
		rtnl_unlock();
		KUNIT_EXPECT_EQ(test, port_name(t->dev, name), -EOPNOTSUPP);
		tnet_clean(t);
	}
}

/* --- configuration --- */

/**
 * struct config_row - a configuration, and whether there is an interface
 * @name: of the row
 * @config: the configuration
 * @features: offered besides the usual ones
 * @refused: the probe fails
 */
struct config_row {
	const char *name;
	struct vfe_net_config config;
	u64 features;
	bool refused;
};

#define MAC	.mac = { 2, 0, 0, 0, 0, 1 }
#define UP	.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP)

static const struct config_row config_rows[] = {
	{ "no MAC address", { UP } },
	{ "a multicast MAC address", { .mac = { 1, 2, 3, 4, 5, 6 }, UP } },
	{ "MTU 0", { MAC, UP }, BIT_ULL(VIRTIO_NET_F_MTU) },
	{ "MTU 67", { MAC, UP, .mtu = cpu_to_le16(67) },
	  BIT_ULL(VIRTIO_NET_F_MTU) },
	{ "MTU 68", { MAC, UP, .mtu = cpu_to_le16(68) },
	  BIT_ULL(VIRTIO_NET_F_MTU) },
	{ "MTU 65535", { MAC, UP, .mtu = cpu_to_le16(U16_MAX) },
	  BIT_ULL(VIRTIO_NET_F_MTU) },
	{ "no pairs", { MAC, UP },
	  BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_CTRL_VQ), true },
	{ "more pairs than queues",
	  { MAC, UP, .max_virtqueue_pairs = cpu_to_le16(2) },
	  BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_CTRL_VQ), true },
	{ "more pairs than the specification allows",
	  { MAC, UP, .max_virtqueue_pairs = cpu_to_le16(U16_MAX) },
	  BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_CTRL_VQ), true },
	{ "pairs without a control queue",
	  { MAC, UP, .max_virtqueue_pairs = cpu_to_le16(2) },
	  BIT_ULL(VIRTIO_NET_F_MQ) },
	{ "speed and duplex unknown", { MAC, UP,
	  .speed = cpu_to_le32(U32_MAX), .duplex = 0xff },
	  BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX) },
	{ "speed and duplex out of range", { MAC, UP,
	  .speed = cpu_to_le32(0x80000000), .duplex = 17 },
	  BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX) },
};

static void any_configuration(struct kunit *test)
{
	const struct config_row *row;
	unsigned int i;

	VFE_DUTY(test, "N01", "5.1.4.2",
		 "unknown speed and duplex are handled, the MTU is checked");
	for (i = 0; i < ARRAY_SIZE(config_rows); i++) {
		struct vfe_mock_spec spec = {};
		struct tnet *t;

		row = &config_rows[i];
		spec.features = TNET_FEATURES | row->features;
		t = tnet_unbound(test, &spec, &row->config);
		KUNIT_EXPECT_EQ_MSG(test, tnet_bind(t), !row->refused, "%s",
				    row->name);
		if (!row->refused) {
			KUNIT_EXPECT_TRUE(test,
					  is_valid_ether_addr(t->dev->dev_addr));
			KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
			tnet_expect_sends(t);
			KUNIT_EXPECT_EQ_MSG(test, t->vn->speed, SPEED_UNKNOWN,
					    "%s", row->name);
			KUNIT_EXPECT_EQ_MSG(test, t->vn->duplex,
					    DUPLEX_UNKNOWN, "%s", row->name);
		}
		t->silent = true;
		tnet_clean(t);
	}
}

/* Its feature is not accepted: the device must not expect that limit. */
static void an_mtu_that_is_too_small(struct kunit *test)
{
	static const u16 mtus[] = { 0, 1, 67 };
	unsigned int i;

	VFE_DUTY(test, "N01", "5.1.4.2", "no packet is larger than the MTU");
	for (i = 0; i < ARRAY_SIZE(mtus); i++) {
		const struct vfe_net_config config = {
			MAC, UP, .mtu = cpu_to_le16(mtus[i]),
		};
		struct vfe_mock_spec spec = {
			.features = TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_MTU),
		};
		struct tnet *t = tnet_up(test, &spec, &config);

		KUNIT_EXPECT_FALSE(test, vfe_has_feature(t->vn->vd,
							 VIRTIO_NET_F_MTU));
		KUNIT_EXPECT_EQ(test, t->dev->mtu, 1500U);
		KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), 0);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

/* The device accepts the features, and has another MTU from then on. */
static bool shrink_mtu(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct vfe_net_config *config = (void *)m->config;

	if (a->reg == VFE_REG_DEVICE_STATUS && a->dir == VFE_WRITE &&
	    a->val & VIRTIO_CONFIG_S_FEATURES_OK)
		config->mtu = cpu_to_le16(10);
	return tnet_access(m, a);
}

/* An interface with a limit that it may have */
static void an_mtu_that_shrinks(struct kunit *test)
{
	static const struct vfe_net_config config = {
		MAC, UP, .mtu = cpu_to_le16(2000),
	};
	struct vfe_mock_spec spec = {
		.features = TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_MTU),
	};
	struct tnet *t = tnet_unbound(test, &spec, &config);

	t->m->knobs.access = shrink_mtu;
	tnet_bring_up(t);
	t->m->knobs.access = tnet_access;
	KUNIT_EXPECT_EQ(test, t->dev->mtu, (unsigned int)ETH_MIN_MTU);
	KUNIT_EXPECT_EQ(test, t->dev->max_mtu, (unsigned int)ETH_MIN_MTU);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, ETH_MIN_MTU), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

static void mtu_has_the_limits_of_the_device(struct kunit *test)
{
	static const struct vfe_net_config config = {
		MAC, UP, .mtu = cpu_to_le16(2000),
	};
	struct vfe_mock_spec spec = {
		.features = TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_MTU),
	};
	struct tnet *t = tnet_up(test, &spec, &config);

	VFE_DUTY(test, "N01", "5.1.4.2", "no packet is larger than the MTU");
	KUNIT_EXPECT_EQ(test, t->dev->mtu, 2000U);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 2001), -EINVAL);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 67), -EINVAL);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 68), 0);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 2000), 0);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Without mergeable buffers a larger MTU needs larger buffers, at once. */
static void a_jumbo_mtu_without_mergeable_buffers(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC),
	};
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	tnet_expect_receives(t, 1514, 1);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 9000), 0);
	/* until the old buffers are used, packets as before still arrive */
	for (i = 0; i < 70; i++)
		tnet_expect_receives(t, 1514, i);
	tnet_expect_receives(t, 9014, 2);
	KUNIT_EXPECT_EQ(test, tnet_set_mtu(t, 1500), 0);
	for (i = 0; i < 70; i++)
		tnet_expect_receives(t, 1514, i);
	tnet_clean(t);
}

static void set_status(struct tnet *t, u16 status)
{
	struct vfe_net_config *config = (void *)t->m->config;

	config->status = cpu_to_le16(status);
	vfe_mock_config_interrupt(t->m);
	flush_workqueue(vfe_wq);
}

static void the_carrier_follows_the_link(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		set_status(t, 0);
		KUNIT_EXPECT_FALSE(test, netif_carrier_ok(t->dev));
		set_status(t, VIRTIO_NET_S_LINK_UP);
		KUNIT_EXPECT_TRUE(test, netif_carrier_ok(t->dev));
	}
	msleep(2000);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- up and down, with traffic --- */

static void open_and_close_under_traffic(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		tnet_send_many(t, 10 + i * 5);
		if (i % 3)
			tnet_take_all(t);
		tnet_close(t);
		tnet_take_all(t);
		KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	}
	tnet_take_all(t);
	vfe_mock_interrupt(t->tx);
	msleep(1000);
	tnet_expect_works(t);
	tnet_clean(t);
}

static const struct dev_pm_ops *pm_of(struct tnet *t)
{
	return t->m->pdev->dev.driver->pm;
}

static void suspend_and_resume_under_traffic(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct device *dev = &t->m->pdev->dev;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		tnet_send_many(t, 50);
		KUNIT_EXPECT_EQ(test, pm_of(t)->suspend(dev), 0);
		KUNIT_EXPECT_EQ(test, t->m->status, 0);
		vfe_mock_log_clear(t->m);
		tnet_send_many(t, 5);
		/* the watchdog runs meanwhile */
		msleep(6000);
		KUNIT_EXPECT_EQ(test, t->m->log_len, 0U);
		KUNIT_EXPECT_EQ(test, pm_of(t)->resume(dev), 0);
		msleep(2000);
		tnet_expect_no_bql(t);
	}
	tnet_expect_works(t);
	KUNIT_EXPECT_TRUE(test, netif_carrier_ok(t->dev));
	tnet_clean(t);
}

/* Packets are dropped, no setting waits, and nothing starts the device again. */
static void shutdown_under_traffic(struct kunit *test)
{
	struct tnet *t = tnet_pairs_up(test, TNET_ALL, 2);
	struct device *dev = &t->m->pdev->dev;
	unsigned long start;

	tnet_send_many(t, 50);
	to_pci_driver(dev->driver)->shutdown(t->m->pdev);
	KUNIT_EXPECT_EQ(test, t->m->status, 0);
	vfe_mock_log_clear(t->m);
	start = jiffies;
	tnet_send_many(t, 5);
	tnet_set_mac(t, 7);
	tnet_use_pairs(t, 1);
	tnet_set_mtu(t, 1400);
	tnet_close(t);
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	tnet_send_many(t, 5);
	KUNIT_EXPECT_LT(test, jiffies - start, 2UL * HZ);
	KUNIT_EXPECT_EQ(test, pm_of(t)->resume(dev), 0);
	msleep(20000);
	KUNIT_EXPECT_FALSE(test, netif_carrier_ok(t->dev));
	KUNIT_EXPECT_EQ(test, tnet_bql(t, 0), 0U);
	KUNIT_EXPECT_EQ(test, t->m->log_len, 0U);
	tnet_clean(t);
}

static void a_device_that_asks_for_a_reset(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		tnet_send_many(t, 80);
		vfe_mock_needs_reset(t->m);
		msleep(5000);
		KUNIT_EXPECT_EQ(test, vfe_recovery_state(&t->vn->recovery),
				VFE_RUN_LIVE);
		tnet_run_softirqs();
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
	}
	tnet_clean(t);
}

static void a_function_that_vanishes(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	tnet_send_many(t, 100);
	vfe_mock_vanish(t->m);
	tnet_send_many(t, 100);
	msleep(1000);
	tnet_close(t);
	tnet_untap(t);
	vfe_mock_unplug(t->m);
}

static void removal_under_traffic(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);

	tnet_send_many(t, 100);
	tnet_arrive(t, NULL, 500, 1);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(an_interface_that_works),
	KUNIT_CASE(napi_of_a_queue),
	KUNIT_CASE(a_standby_has_a_master),
	KUNIT_CASE(others_have_none),
	KUNIT_CASE(any_configuration),
	KUNIT_CASE(an_mtu_that_is_too_small),
	KUNIT_CASE(an_mtu_that_shrinks),
	KUNIT_CASE(mtu_has_the_limits_of_the_device),
	KUNIT_CASE(a_jumbo_mtu_without_mergeable_buffers),
	KUNIT_CASE(the_carrier_follows_the_link),
	KUNIT_CASE(open_and_close_under_traffic),
	KUNIT_CASE_SLOW(suspend_and_resume_under_traffic),
	KUNIT_CASE_SLOW(shutdown_under_traffic),
	KUNIT_CASE(a_device_that_asks_for_a_reset),
	KUNIT_CASE(a_function_that_vanishes),
	KUNIT_CASE(removal_under_traffic),
	{}
};

VFE_SUITE(cases);
