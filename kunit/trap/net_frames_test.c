// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_net over the register window in memory: frames each way, their exact
 * cost, the ring and its end, filters, the link, and what the stack counts.
 */
#include <linux/if_arp.h>

#include "../drivers/trap/net/cost.h"
#include "../drivers/trap/net/ring.h"
#include "lib/suite.h"
#include "lib/trap_net_fixture.h"

static const unsigned int frames_lens[] = {
	14, 15, 16, 17, 42, 60, 98, 251, 252, 253, 255, 256, 508, 509, 1023,
	1024, 1025, 1514, 1515, 1518,
};

#define FRAMES_WORDS(len) DIV_ROUND_UP(len, VFE_TRAP_NET_COST_WORD)

static void frames_sent(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(frames_lens); i++) {
		KUNIT_ASSERT_EQ(test, NETDEV_TX_OK,
				tstation_send(ts, frames_lens[i], i));
		tstation_expect_sent(ts, i + 1, frames_lens[i], i);
	}
	KUNIT_EXPECT_EQ(test, (u64)i, tstation_stats(ts).tx_packets);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* More than once around the ring */
static void frames_received(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i, len;

	for (i = 0; i < 5 * ARRAY_SIZE(frames_lens); i++) {
		len = frames_lens[i % ARRAY_SIZE(frames_lens)];
		KUNIT_ASSERT_TRUE(test, tstation_receive(ts, len, i));
		tstation_expect_got(ts, i + 1, len, i);
	}
	KUNIT_EXPECT_EQ(test, (u64)i, tstation_stats(ts).rx_packets);
	KUNIT_EXPECT_EQ(test, 0ULL, tstation_stats(ts).rx_errors);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void frames_cost_of_sending(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i, len;

	for (i = 0; i < ARRAY_SIZE(frames_lens); i++) {
		len = frames_lens[i];
		tstation_reset_counts(ts);
		KUNIT_ASSERT_EQ(test, NETDEV_TX_OK, tstation_send(ts, len, i));
		tstation_expect_sent(ts, i + 1, len, i);
		msleep(50);
		KUNIT_EXPECT_EQ(test, VFE_TRAP_NET_COST_SEND +
				FRAMES_WORDS(len), ts->m->log_len);
		KUNIT_EXPECT_EQ(test, (s64)ts->m->log_len,
				tstation_counter(ts, "exits"));
		KUNIT_EXPECT_EQ(test, 0LL, tstation_counter(ts, "interrupts"));
		KUNIT_EXPECT_EQ(test, 1LL, tstation_counter(ts, "operations"));
	}
}

static void frames_cost_of_receiving(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i, len;

	for (i = 0; i < ARRAY_SIZE(frames_lens); i++) {
		len = frames_lens[i];
		tstation_reset_counts(ts);
		KUNIT_ASSERT_TRUE(test, tstation_receive(ts, len, i));
		tstation_expect_got(ts, i + 1, len, i);
		msleep(50);
		KUNIT_EXPECT_EQ(test, VFE_TRAP_NET_COST_INTERRUPT +
				VFE_TRAP_NET_COST_RECEIVE + FRAMES_WORDS(len),
				ts->m->log_len);
		KUNIT_EXPECT_EQ(test, 1LL, tstation_counter(ts, "interrupts"));
		KUNIT_EXPECT_EQ(test, 1LL, tstation_counter(ts, "operations"));
	}
}

/* Frames that wait in the ring share an interrupt. */
static void frames_cost_of_a_burst(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i;

	tstation_reset_counts(ts);
	ts->back->quiet = true;
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, tstation_receive(ts, 100, i));
	ts->back->quiet = false;
	KUNIT_ASSERT_TRUE(test, tstation_receive(ts, 100, 3));
	tstation_expect_got(ts, 4, 100, 3);
	msleep(50);
	KUNIT_EXPECT_EQ(test, VFE_TRAP_NET_COST_INTERRUPT +
			4 * (VFE_TRAP_NET_COST_RECEIVE + FRAMES_WORDS(100)),
			ts->m->log_len);
	KUNIT_EXPECT_EQ(test, 1LL, tstation_counter(ts, "interrupts"));
}

/* The last word has no byte of a frame before. */
static void frames_end_in_zeroes(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	const u8 *at = ts->back->memory +
		       VFE_TRAP_NET_TX_PAGE * VFE_NET_PAGE_SIZE;

	tstation_send(ts, 100, 1);
	tstation_expect_sent(ts, 1, 100, 1);
	tstation_send(ts, 61, 2);
	tstation_expect_sent(ts, 2, 61, 2);
	KUNIT_EXPECT_EQ(test, 0, at[61] | at[62] | at[63]);
	KUNIT_EXPECT_EQ(test, tstation_byte(1, 64), at[64]);
}

/* Frames of no length for the window are dropped and counted. */
static void frames_of_wrong_length(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	tstation_send(ts, 13, 1);
	tstation_send(ts, VFE_NET_WINDOW_FRAME + 1, 2);
	tstation_expect_works(ts);
	KUNIT_EXPECT_EQ(test, 1U, ts->back->sent);
	KUNIT_EXPECT_EQ(test, 2ULL, tstation_stats(ts).tx_dropped);
}

/* The ring is full: frames are missed, counted, and it goes on. */
static void frames_overrun(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	unsigned int i, missed = 0, taken = 0;

	ts->back->quiet = true;
	for (i = 0; i < 80; i++) {
		if (tstation_receive(ts, 200, i))
			taken++;
		else
			missed++;
	}
	KUNIT_EXPECT_EQ(test, 64U - VFE_TRAP_NET_RX_PAGE - 1, taken);
	ts->back->quiet = false;
	vfe_mock_station_interrupt(ts->m, 0);
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(READ_ONCE(ts->got) == taken));
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(tstation_ready(ts)));
	KUNIT_EXPECT_EQ(test, (u64)missed, tstation_stats(ts).rx_missed_errors);
	KUNIT_EXPECT_EQ(test, 1LL, tstation_counter(ts, "overruns"));
	tstation_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void frames_link(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	ts->back->down = true;
	vfe_mock_station_interrupt(ts->m, VFE_NET_INT_LINK);
	KUNIT_EXPECT_TRUE(test, TSTATION_WAIT_FOR(!netif_carrier_ok(ts->dev)));
	ts->back->down = false;
	vfe_mock_station_interrupt(ts->m, VFE_NET_INT_LINK);
	KUNIT_EXPECT_TRUE(test, TSTATION_WAIT_FOR(netif_carrier_ok(ts->dev)));
	tstation_expect_works(ts);
}

static u32 frames_config(struct tstation *ts)
{
	msleep(50);
	return ts->back->regs[VFE_REG_NET_MEMORY_RECEIVE_CONFIG -
			      VFE_REG_NET_MEMORY_COMMAND];
}

static void frames_filters(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);
	static const u8 group[ETH_ALEN] = { 1, 0, 0x5e, 1, 2, 3 };

	rtnl_lock();
	dev_mc_flush(ts->dev);
	dev_set_promiscuity(ts->dev, 1);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, (u32)VFE_NET_RX_PROMISCUOUS,
			frames_config(ts) & VFE_NET_RX_PROMISCUOUS);
	rtnl_lock();
	dev_set_promiscuity(ts->dev, -1);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, (u32)VFE_NET_RX_BROADCAST, frames_config(ts));
	KUNIT_EXPECT_EQ(test, 0, dev_mc_add(ts->dev, group));
	KUNIT_EXPECT_EQ(test, (u32)(VFE_NET_RX_BROADCAST |
				    VFE_NET_RX_MULTICAST), frames_config(ts));
	tstation_expect_works(ts);
}

/* An address that the user set is the device's, also after a reset. */
static void frames_address(struct kunit *test)
{
	static const u8 other[ETH_ALEN] = { 2, 9, 8, 7, 6, 5 };
	struct tstation *ts = tstation_start(test);
	struct sockaddr_storage to = { .ss_family = ARPHRD_ETHER };
	const struct net_device_ops *ops = ts->dev->netdev_ops;

	KUNIT_EXPECT_MEMEQ(test, ts->dev->dev_addr, tstation_mac, ETH_ALEN);
	KUNIT_EXPECT_MEMEQ(test, ts->back->address, tstation_mac, ETH_ALEN);
	memcpy(to.__data, other, ETH_ALEN);
	tstation_down(ts);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, 0, ops->ndo_set_mac_address(ts->dev, &to));
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, 0, tstation_up(ts));
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(tstation_ready(ts)));
	KUNIT_EXPECT_MEMEQ(test, ts->back->address, other, ETH_ALEN);
	KUNIT_EXPECT_EQ(test, 0, pci_reset_function(ts->m->pdev));
	KUNIT_ASSERT_TRUE(test, TSTATION_WAIT_FOR(tstation_ready(ts)));
	KUNIT_EXPECT_MEMEQ(test, ts->back->address, other, ETH_ALEN);
}

static void frames_names_of_counters(struct kunit *test)
{
	struct tstation *ts = tstation_start(test);

	tstation_reset_counts(ts);
	KUNIT_ASSERT_TRUE(test, tstation_receive(ts, 98, 1));
	tstation_expect_got(ts, 1, 98, 1);
	msleep(50);
	KUNIT_EXPECT_EQ(test, 26LL,
			tstation_counter(ts, "registers/memory_data_read"));
	KUNIT_EXPECT_EQ(test, 1LL,
			tstation_counter(ts, "registers/memory_boundary_write"));
	KUNIT_EXPECT_EQ(test, 28LL, tstation_counter(ts, "accesses/memory_read"));
}

static struct kunit_case frames_cases[] = {
	KUNIT_CASE(frames_sent),
	KUNIT_CASE(frames_received),
	KUNIT_CASE(frames_cost_of_sending),
	KUNIT_CASE(frames_cost_of_receiving),
	KUNIT_CASE(frames_cost_of_a_burst),
	KUNIT_CASE(frames_end_in_zeroes),
	KUNIT_CASE(frames_of_wrong_length),
	KUNIT_CASE(frames_overrun),
	KUNIT_CASE(frames_link),
	KUNIT_CASE(frames_filters),
	KUNIT_CASE(frames_address),
	KUNIT_CASE(frames_names_of_counters),
	{}
};

VFE_SUITE(frames_cases);
