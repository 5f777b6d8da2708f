/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfe_trap_net on a mock function: bind and unbind, up and down, frames that it
 * sends, and those that it gives to the stack.
 */
#ifndef VFE_KUNIT_TRAP_NET_FIXTURE_H
#define VFE_KUNIT_TRAP_NET_FIXTURE_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>

#include "mock/mock.h"
#include "sysfs_files.h"

#define TSTATION_TIMEOUT	(4 * HZ)
#define TSTATION_KEPT		64	/* received frames, of each the length */

/**
 * struct tstation - an interface of a test
 * @test: the test
 * @m: the function
 * @back: the device behind the window
 * @sysfs: its files
 * @dev: its netdev, NULL while no driver is bound
 * @got: frames that the stack got
 * @lens: their lengths, with Ethernet header
 * @data: the last of them
 */
struct tstation {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_mock_station *back;
	struct vfsmount *sysfs;
	struct net_device *dev;
	unsigned int got;
	unsigned int lens[TSTATION_KEPT];
	u8 data[VFE_NET_WINDOW_FRAME];
};

static const u8 tstation_mac[ETH_ALEN] = { 2, 1, 2, 3, 4, 5 };

/* Wait until @cond is true, for a limited time. Return: whether it is. */
#define TSTATION_WAIT_FOR(cond) ({ \
	unsigned long end_ = jiffies + TSTATION_TIMEOUT; \
	bool holds_; \
	while (!(holds_ = (cond)) && time_before(jiffies, end_)) \
		usleep_range(200, 500); \
	holds_; \
})

/* A function with a window, without a driver until a test binds it */
static inline struct tstation *tstation_plug(struct kunit *test,
					     const struct vfe_mock_spec *more)
{
	struct vfe_mock_spec spec = {};
	struct tstation *ts;

	ts = kunit_kzalloc(test, sizeof(*ts), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ts);
	ts->test = test;
	ts->back = kunit_kzalloc(test, sizeof(*ts->back), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ts->back);
	memcpy(ts->back->mac, tstation_mac, ETH_ALEN);
	ts->back->pages = 64;
	ts->sysfs = vfe_files_mount(test);
	if (more)
		spec = *more;
	spec.device = spec.device ?: VFE_PCI_DEVICE_NET;
	spec.station = ts->back;
	spec.unbound = true;
	ts->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, ts->m);
	return ts;
}

/* The netdev of the function, or NULL */
static inline struct net_device *tstation_find(struct tstation *ts)
{
	struct net_device *dev;

	ts->dev = NULL;
	rtnl_lock();
	for_each_netdev(&init_net, dev)
		if (dev->dev.parent == &ts->m->pdev->dev)
			ts->dev = dev;
	rtnl_unlock();
	return ts->dev;
}

/* Return: what probe() returned */
static inline int tstation_bind(struct tstation *ts)
{
	struct device_driver *drv = driver_find("vfe_trap_net", &pci_bus_type);
	struct pci_dev *pdev = ts->m->pdev;
	int err;

	KUNIT_ASSERT_NOT_NULL(ts->test, drv);
	err = device_set_driver_override(&pdev->dev, "vfe_trap_net");
	if (!err)
		err = device_driver_attach(drv, &pdev->dev);
	tstation_find(ts);
	return err;
}

static inline void tstation_unbind(struct tstation *ts)
{
	device_release_driver(&ts->m->pdev->dev);
	ts->dev = NULL;
}

static inline rx_handler_result_t tstation_handle(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct tstation *ts = rcu_dereference(skb->dev->rx_handler_data);
	unsigned int len;

	skb_push(skb, ETH_HLEN);
	len = min_t(unsigned int, skb->len, sizeof(ts->data));
	if (!skb_copy_bits(skb, 0, ts->data, len))
		ts->lens[ts->got % TSTATION_KEPT] = skb->len;
	WRITE_ONCE(ts->got, ts->got + 1);
	consume_skb(skb);
	return RX_HANDLER_CONSUMED;
}

static inline int tstation_up(struct tstation *ts)
{
	int err;

	rtnl_lock();
	err = dev_open(ts->dev, NULL);
	rtnl_unlock();
	return err;
}

static inline void tstation_down(struct tstation *ts)
{
	rtnl_lock();
	dev_close(ts->dev);
	rtnl_unlock();
}

/* Is the window started, and its work item at rest? */
static inline bool tstation_ready(struct tstation *ts)
{
	return ts->back->started && netif_carrier_ok(ts->dev) &&
	       READ_ONCE(ts->back->mask);
}

/* Bound and up; the test sees the frames in place of the stack. */
static inline struct tstation *tstation_start(struct kunit *test)
{
	struct tstation *ts = tstation_plug(test, NULL);

	KUNIT_ASSERT_EQ_MSG(test, 0, tstation_bind(ts),
			    "is vfe_trap_net loaded with window=memory?");
	KUNIT_ASSERT_NOT_NULL(test, ts->dev);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, 0,
			netdev_rx_handler_register(ts->dev, tstation_handle,
						   ts));
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, 0, tstation_up(ts));
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(tstation_ready(ts)));
	return ts;
}

/* --- frames --- */

/* The byte at a place of a frame; the first six are the address. */
static inline u8 tstation_byte(unsigned int seed, unsigned int i)
{
	return i < ETH_ALEN ? tstation_mac[i] : seed + i * 7 + (i >> 8);
}

static inline bool tstation_receive(struct tstation *ts, unsigned int len,
				    unsigned int seed)
{
	u8 *frame = kunit_kmalloc(ts->test, len, GFP_KERNEL);
	unsigned int i;
	bool room;

	KUNIT_ASSERT_NOT_NULL(ts->test, frame);
	for (i = 0; i < len; i++)
		frame[i] = tstation_byte(seed, i);
	room = vfe_mock_station_receive(ts->m, frame, len);
	kunit_kfree(ts->test, frame);
	return room;
}

/* The stack has the last frame, whole. */
static inline void tstation_expect_got(struct tstation *ts, unsigned int n,
				       unsigned int len, unsigned int seed)
{
	unsigned int i;

	KUNIT_ASSERT_TRUE(ts->test,
			  TSTATION_WAIT_FOR(READ_ONCE(ts->got) == n));
	KUNIT_EXPECT_EQ(ts->test, ts->lens[(n - 1) % TSTATION_KEPT], len);
	for (i = 0; i < len; i++)
		if (ts->data[i] != tstation_byte(seed, i))
			break;
	KUNIT_EXPECT_EQ_MSG(ts->test, i, len, "the first byte that differs");
}

/* Give a frame to the driver. Return: as ndo_start_xmit() */
static inline int tstation_send(struct tstation *ts, unsigned int len,
				unsigned int seed)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);
	unsigned int i;
	u8 *to;

	KUNIT_ASSERT_NOT_NULL(ts->test, skb);
	to = skb_put(skb, len);
	for (i = 0; i < len; i++)
		to[i] = tstation_byte(seed, i);
	skb->dev = ts->dev;
	skb_reset_mac_header(skb);
	return dev_direct_xmit(skb, 0);
}

static inline void tstation_expect_sent(struct tstation *ts, unsigned int n,
					unsigned int len, unsigned int seed)
{
	unsigned int i;

	KUNIT_ASSERT_TRUE(ts->test,
			  TSTATION_WAIT_FOR(READ_ONCE(ts->back->sent) == n));
	KUNIT_EXPECT_EQ(ts->test, ts->back->frame_len, len);
	for (i = 0; i < len; i++)
		if (ts->back->frame[i] != tstation_byte(seed, i))
			break;
	KUNIT_EXPECT_EQ_MSG(ts->test, i, len, "the first byte that differs");
}

/* A frame each way */
static inline void tstation_expect_works(struct tstation *ts)
{
	unsigned int sent = ts->back->sent, got = ts->got;

	KUNIT_ASSERT_TRUE(ts->test, TSTATION_WAIT_FOR(tstation_ready(ts)));
	KUNIT_EXPECT_EQ(ts->test, NETDEV_TX_OK, tstation_send(ts, 333, 5));
	tstation_expect_sent(ts, sent + 1, 333, 5);
	KUNIT_EXPECT_TRUE(ts->test, tstation_receive(ts, 777, 6));
	tstation_expect_got(ts, got + 1, 777, 6);
}

/* --- counters --- */

static inline struct rtnl_link_stats64 tstation_stats(struct tstation *ts)
{
	struct rtnl_link_stats64 stats;

	dev_get_stats(ts->dev, &stats);
	return stats;
}

/* A file of vfe/, as a number */
static inline s64 tstation_counter(struct tstation *ts, const char *name)
{
	return vfe_files_number(ts->test, ts->sysfs, ts->m->pdev, name);
}

/* Wait until the driver is at rest, then begin to count. */
static inline void tstation_reset_counts(struct tstation *ts)
{
	KUNIT_ASSERT_TRUE(ts->test, TSTATION_WAIT_FOR(tstation_ready(ts)));
	msleep(50);
	KUNIT_EXPECT_EQ(ts->test, 1,
			vfe_files_write(ts->sysfs, ts->m->pdev, "reset", "1"));
	vfe_mock_log_clear(ts->m);
}

#endif /* VFE_KUNIT_TRAP_NET_FIXTURE_H */
