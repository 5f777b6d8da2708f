// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the network interface's register window: packet memory and its
 * end, the receive ring and its end, frames that are none, registers that a
 * driver has no reason to write, interrupts.
 */
#include <endian.h>
#include <string.h>

#include <vfe/wire_window_net.h>

#include "client.h"
#include "net/net.h"

enum place {
	COMMAND = 0x00,
	REMOTE_ADDRESS = 0x04,
	REMOTE_COUNT = 0x08,
	TRANSMIT_PAGE = 0x0c,
	TRANSMIT_COUNT = 0x10,
	BOUNDARY = 0x14,
	DATA = 0x18,
	CONTROL = 0x1c,
	CURRENT = 0x20,
	INTERRUPT_STATUS = 0x24,
	INTERRUPT_MASK = 0x28,
	RECEIVE_CONFIG = 0x2c,
	RECEIVE_START = 0x30,
	RECEIVE_STOP = 0x34,
	STATION_LO = 0x38,
	STATION_HI = 0x3c,
};

#define TX_PAGE		1U
#define RX_START	8U
#define RX_STOP		16U

static struct net_options net_options;

static void is_net(struct options *o)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

	net_options = net_default_options;
	net_options.has_mac = true;
	memcpy(net_options.mac, mac, sizeof(mac));
	o->class = &net_class;
	o->of_class = &net_options;
	o->queues = 3;
}

static uint32_t get(struct client *c, uint32_t at)
{
	return window_read(c->f.window, at, 4);
}

static void set(struct client *c, uint32_t at, uint32_t value)
{
	window_write(c->f.window, at, 4, value);
}

static void seek(struct client *c, uint32_t address, uint32_t count)
{
	set(c, REMOTE_ADDRESS, address);
	set(c, REMOTE_COUNT, count);
}

static void start(struct client *c, uint32_t first, uint32_t stop,
		  uint32_t boundary)
{
	set(c, RECEIVE_START, first);
	set(c, RECEIVE_STOP, stop);
	set(c, BOUNDARY, boundary);
	set(c, STATION_LO, 0x00000002);
	set(c, STATION_HI, 0x0100);
	set(c, COMMAND, VFE_NET_CMD_START);
}

static bool started(struct client *c)
{
	return get(c, COMMAND) & VFE_NET_STATE_STARTED;
}

static bool line(const struct client *c)
{
	return irq_intx_status(c->f.irq);
}

/* An ICMP echo request, which the back end answers */
static uint32_t make_ping(uint8_t *f, uint32_t data)
{
	static const uint8_t head[42] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2, 8, 0, 0, 0, 0, 0, 0, 0,
	};
	uint32_t sum = 0, len = sizeof(head) + data;

	memset(f, 0, VFE_NET_WINDOW_FRAME);
	memcpy(f, head, sizeof(head));
	f[16] = (len - 14) >> 8;
	f[17] = len - 14;
	for (unsigned int i = 14; i < 34; i += 2)
		sum += f[i] << 8 | f[i + 1];
	sum = ~((sum >> 16) + (sum & 0xffff));
	f[24] = sum >> 8;
	f[25] = sum;
	/* a request of type 8 and zeroes */
	f[36] = 0xf7;
	f[37] = 0xff;
	return len;
}

static void transmit(struct client *c, const uint8_t *frame, uint32_t len)
{
	seek(c, TX_PAGE * VFE_NET_PAGE_SIZE, (len + 3) & ~3U);
	for (uint32_t i = 0; i < len; i += 4) {
		uint32_t word;

		memcpy(&word, frame + i, sizeof(word));
		set(c, DATA, le32toh(word));
	}
	set(c, TRANSMIT_PAGE, TX_PAGE);
	set(c, TRANSMIT_COUNT, len);
	set(c, COMMAND, VFE_NET_CMD_TRANSMIT);
}

static void test_identity(struct client *c)
{
	seek(c, 0, VFE_NET_PAGE_SIZE);
	CHECK_EQ(get(c, DATA), VFE_NET_IDENTITY_MAGIC);
	CHECK_EQ(get(c, VFE_MEMORY_APERTURE), VFE_NET_IDENTITY_VERSION);
	CHECK_EQ(get(c, DATA), 0x00000002);
	CHECK_EQ(get(c, DATA), 0x01000100);	/* 256 pages */
	CHECK_EQ(get(c, DATA), VFE_NET_WINDOW_MTU);
	for (uint32_t at = 20; at < VFE_NET_PAGE_SIZE; at += 4)
		CHECK_EQ(get(c, DATA), 0);
	CHECK_EQ(get(c, DATA), UINT32_MAX);
	/* read-only */
	seek(c, 0, 4);
	set(c, DATA, 7);
	seek(c, 0, 4);
	CHECK_EQ(get(c, DATA), VFE_NET_IDENTITY_MAGIC);
}

static void test_memory(struct client *c)
{
	static const uint32_t beyond[] = {
		0x10000, 0x10004, 0x7ffffffc, 0x80000000, UINT32_MAX,
	};

	seek(c, 0xfff8, 64);
	for (uint32_t i = 0; i < 16; i++)
		set(c, DATA, i + 1);
	seek(c, 0xfff8, 64);
	CHECK_EQ(get(c, DATA), 1);
	CHECK_EQ(get(c, DATA), 2);
	CHECK_EQ(get(c, DATA), UINT32_MAX);
	for (unsigned int i = 0; i < sizeof(beyond) / sizeof(*beyond); i++) {
		seek(c, beyond[i], UINT32_MAX);
		set(c, DATA, 1);
		CHECK_EQ(get(c, DATA), UINT32_MAX);
	}
	/* remote_count ends an access; one of no whole word is a word */
	seek(c, 0x1000, 5);
	set(c, DATA, 11);
	set(c, DATA, 12);
	set(c, DATA, 13);
	CHECK(get(c, INTERRUPT_STATUS) & VFE_NET_INT_REMOTE);
	seek(c, 0x1003, 12);
	CHECK_EQ(get(c, DATA), 11);
	CHECK_EQ(get(c, DATA), 12);
	CHECK_EQ(get(c, DATA), 0);
}

/* Rings that are none: it does not start. */
static void test_rings(struct client *c)
{
	static const uint32_t bad[][3] = {
		{ 0, 16, 1 }, { 8, 8, 8 }, { 9, 8, 8 }, { 8, 257, 8 },
		{ 8, 16, 7 }, { 8, 16, 16 }, { 8, UINT32_MAX, 8 },
		{ UINT32_MAX, 8, 8 }, { UINT32_MAX - 1, UINT32_MAX, 8 },
		{ 8, 16, UINT32_MAX },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		start(c, bad[i][0], bad[i][1], bad[i][2]);
		CHECK(!started(c));
	}
	start(c, 1, 256, 255);
	CHECK(started(c));
	CHECK_EQ(get(c, CURRENT), 255);
	set(c, COMMAND, VFE_NET_CMD_STOP);
	CHECK(!started(c));
}

/* A frame comes back, with a header in front, around the end of the ring. */
static void test_echo(struct client *c)
{
	uint8_t frame[VFE_NET_WINDOW_FRAME + 4];
	uint32_t len = make_ping(frame, 300);

	start(c, RX_START, RX_STOP, RX_STOP - 1);
	transmit(c, frame, len);
	CHECK(!(get(c, COMMAND) & VFE_NET_STATE_TRANSMITTING));
	CHECK_EQ(get(c, CURRENT), RX_START + 1);
	CHECK(get(c, INTERRUPT_STATUS) & VFE_NET_INT_RECEIVED);
	CHECK(get(c, INTERRUPT_STATUS) & VFE_NET_INT_TRANSMITTED);
	seek(c, (RX_STOP - 1) * VFE_NET_PAGE_SIZE, 1522);
	CHECK_EQ(get(c, DATA), VFE_NET_PACKET_OK | (RX_START + 1) << 8 |
		 (len + 4) << 16);
	CHECK_EQ(get(c, DATA), 0x00000002);	/* to the address of start() */
	for (uint32_t i = 2; i < 64; i++)
		get(c, DATA);
	CHECK_EQ(get(c, REMOTE_ADDRESS), RX_START * VFE_NET_PAGE_SIZE);
	CHECK_EQ(c->f.counts.of_class[NET_TX_FRAMES], 1);
	CHECK_EQ(c->f.counts.of_class[NET_RX_FRAMES], 1);
	CHECK_EQ(c->f.counts.of_class[NET_RX_BYTES], len);
}

/* Each page may hold a frame, but one; then frames are missed. */
static void test_overrun(struct client *c)
{
	uint8_t frame[VFE_NET_WINDOW_FRAME + 4];
	uint32_t len = make_ping(frame, 8);

	start(c, RX_START, RX_STOP, RX_START);
	for (uint32_t i = 0; i < 10; i++)
		transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_STOP - 1);
	CHECK(get(c, INTERRUPT_STATUS) & VFE_NET_INT_OVERRUN);
	CHECK_EQ(c->f.counts.of_class[NET_RX_OVERRUN], 3);
	seek(c, offsetof(struct vfe_net_identity, missed), 4);
	CHECK_EQ(get(c, DATA), 3);
	/* A page that is none changes nothing. */
	set(c, BOUNDARY, RX_STOP);
	set(c, BOUNDARY, RX_START - 1);
	set(c, BOUNDARY, UINT32_MAX);
	CHECK_EQ(get(c, BOUNDARY), RX_START);
	transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_STOP - 1);
	set(c, BOUNDARY, RX_START + 2);
	transmit(c, frame, len);
	transmit(c, frame, len);
	transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_START + 1);
}

/* A ring of a page never has room, and one of the longest frame never just. */
static void test_small_rings(struct client *c)
{
	uint8_t frame[VFE_NET_WINDOW_FRAME + 4];
	uint32_t len = make_ping(frame, VFE_NET_WINDOW_FRAME - 42);

	start(c, RX_START, RX_START + 1, RX_START);
	transmit(c, frame, make_ping(frame, 8));
	CHECK_EQ(get(c, CURRENT), RX_START);
	make_ping(frame, VFE_NET_WINDOW_FRAME - 42);
	start(c, RX_START, RX_START + 6, RX_START);
	transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_START);
	start(c, RX_START, RX_START + 7, RX_START + 5);
	transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_START + 4);
}

static void test_no_frames(struct client *c)
{
	static const uint32_t bad[][2] = {
		{ 0, 60 }, { 1, 0 }, { 1, 13 }, { 1, 1519 }, { 256, 60 },
		{ 255, 257 }, { 1, UINT32_MAX }, { UINT32_MAX, 60 },
		{ 0x01000000, 60 }, { 0x01000001, 60 },
	};
	uint64_t sent;

	start(c, RX_START, RX_STOP, RX_START);
	sent = c->f.counts.of_class[NET_TX_FRAMES];
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		set(c, INTERRUPT_STATUS, VFE_NET_INT_ALL);
		set(c, TRANSMIT_PAGE, bad[i][0]);
		set(c, TRANSMIT_COUNT, bad[i][1]);
		set(c, COMMAND, VFE_NET_CMD_TRANSMIT);
		CHECK(get(c, COMMAND) & VFE_NET_STATE_REFUSED);
		CHECK_EQ(get(c, INTERRUPT_STATUS), VFE_NET_INT_TRANSMITTED);
	}
	CHECK_EQ(c->f.counts.of_class[NET_TX_FRAMES], sent);
	set(c, TRANSMIT_PAGE, 255);
	set(c, TRANSMIT_COUNT, 256);
	set(c, COMMAND, VFE_NET_CMD_TRANSMIT);
	CHECK(!(get(c, COMMAND) & VFE_NET_STATE_REFUSED));
	/* Nothing is sent while it is stopped. */
	set(c, COMMAND, VFE_NET_CMD_STOP);
	sent = c->f.counts.of_class[NET_TX_FRAMES];
	set(c, COMMAND, VFE_NET_CMD_TRANSMIT);
	CHECK_EQ(c->f.counts.of_class[NET_TX_FRAMES], sent);
}

static void test_filters(struct client *c)
{
	uint8_t frame[VFE_NET_WINDOW_FRAME + 4];
	uint32_t len = make_ping(frame, 8);

	start(c, RX_START, RX_STOP, RX_START);
	/* The answer goes to another address than the station's. */
	frame[11] = 9;
	transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_START);
	CHECK_EQ(c->f.counts.of_class[NET_RX_FILTERED], 1);
	set(c, RECEIVE_CONFIG, VFE_NET_RX_PROMISCUOUS);
	transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_START + 1);
	set(c, RECEIVE_CONFIG, ~VFE_NET_RX_PROMISCUOUS);
	CHECK_EQ(get(c, RECEIVE_CONFIG),
		 VFE_NET_RX_BROADCAST | VFE_NET_RX_MULTICAST);
	transmit(c, frame, len);
	CHECK_EQ(get(c, CURRENT), RX_START + 1);
}

static void test_line(struct client *c)
{
	uint8_t frame[VFE_NET_WINDOW_FRAME + 4];
	uint32_t len = make_ping(frame, 8);

	start(c, RX_START, RX_STOP, RX_START);
	set(c, INTERRUPT_MASK, VFE_NET_INT_RECEIVED);
	transmit(c, frame, len);
	CHECK(!line(c));
	set(c, CONTROL, VFE_CONTROL_IRQ_ENABLE);
	CHECK(line(c));
	/* The read masks, the write acknowledges. */
	CHECK(get(c, INTERRUPT_STATUS) & VFE_NET_INT_RECEIVED);
	CHECK(!line(c));
	CHECK_EQ(get(c, INTERRUPT_MASK), 0);
	set(c, INTERRUPT_MASK, VFE_NET_INT_RECEIVED);
	CHECK(line(c));
	set(c, INTERRUPT_STATUS, VFE_NET_INT_RECEIVED);
	CHECK(!line(c));
	CHECK_EQ(get(c, INTERRUPT_MASK), VFE_NET_INT_RECEIVED);
	set(c, INTERRUPT_MASK, UINT32_MAX);
	CHECK_EQ(get(c, INTERRUPT_MASK), VFE_NET_INT_ALL);
	CHECK(line(c));
	set(c, CONTROL, VFE_CONTROL_RESET);
	CHECK(!line(c));
	CHECK_EQ(get(c, INTERRUPT_STATUS), 0);
	CHECK_EQ(get(c, INTERRUPT_MASK), 0);
	CHECK_EQ(get(c, RECEIVE_START), 0);
	CHECK(!started(c));
}

/* The link changes while the window is started, and while it is not. */
static void test_link(struct client *c)
{
	struct net *n = c->f.vdev->state;

	link_set(n->link, false);
	CHECK_EQ(get(c, INTERRUPT_STATUS), 0);
	start(c, RX_START, RX_STOP, RX_START);
	CHECK_EQ(get(c, COMMAND), VFE_NET_STATE_STARTED);
	link_set(n->link, true);
	CHECK_EQ(get(c, INTERRUPT_STATUS), VFE_NET_INT_LINK);
	CHECK_EQ(get(c, COMMAND),
		 VFE_NET_STATE_STARTED | VFE_NET_STATE_LINK);
}

/* Registers have other widths and offsets for nobody. */
static void test_widths(struct client *c)
{
	set(c, TRANSMIT_PAGE, 0x12345678);
	for (uint32_t at = 0; at < 0x40; at++) {
		if (at >= CONTROL && at < CURRENT)
			continue;
		CHECK_EQ(window_read(c->f.window, at, 1), UINT32_MAX);
		CHECK_EQ(window_read(c->f.window, at, 2), UINT32_MAX);
		window_write(c->f.window, at, 1, 0);
		window_write(c->f.window, at, 2, 0);
	}
	CHECK_EQ(get(c, TRANSMIT_PAGE), 0x12345678);
	for (uint32_t at = 0x40; at < VFE_MEMORY_APERTURE; at += 4) {
		set(c, at, 5);
		CHECK_EQ(get(c, at), UINT32_MAX);
	}
}

/* Accesses count in the windows of this class, by its names. */
static void test_counts(struct client *c)
{
	static const unsigned int bars[] = { VFE_BAR_PORT, VFE_BAR_MEMORY };
	static const enum vfe_reg first[] = {
		VFE_REG_NET_PORT_COMMAND, VFE_REG_NET_MEMORY_COMMAND,
	};

	for (unsigned int i = 0; i < 2; i++) {
		for (uint32_t at = 0; at < 0x40; at += 4) {
			uint64_t value = 0;

			bar_read(&c->f, bars[i], at, 4, &value);
			CHECK_EQ(c->f.counts.reg[first[i] + at / 4][VFE_READ],
				 1);
		}
	}
	CHECK(bar_has_window(&c->f, VFE_WIN_NET_PORT));
	CHECK(bar_has_window(&c->f, VFE_WIN_NET_MEMORY));
	CHECK(!bar_has_window(&c->f, VFE_WIN_PORT));
	CHECK(!bar_has_window(&c->f, VFE_WIN_MEMORY));
	CHECK(bar_has_window(&c->f, VFE_WIN_COMMON));
}

#define NET_TEST(title, function) \
	{ title, .on_client = function, .change = is_net }

const struct test net_window_tests[] = {
	NET_TEST("net window: identity", test_identity),
	NET_TEST("net window: packet memory and its end", test_memory),
	NET_TEST("net window: rings that are none", test_rings),
	NET_TEST("net window: a frame each way", test_echo),
	NET_TEST("net window: a full ring", test_overrun),
	NET_TEST("net window: small rings", test_small_rings),
	NET_TEST("net window: frames that are none", test_no_frames),
	NET_TEST("net window: filters", test_filters),
	NET_TEST("net window: the interrupt", test_line),
	NET_TEST("net window: the link", test_link),
	NET_TEST("net window: widths and offsets", test_widths),
	NET_TEST("net window: counts", test_counts),
	{ }
};
