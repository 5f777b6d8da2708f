// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the network device's link and back ends; the test is the far
 * side of the sockets.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "nic.h"

#define F(name)		BIT64(VIRTIO_NET_F_##name)
#define PLAIN		(V1 | F(MAC) | F(STATUS))

static uint8_t frame[70000], got[140000];
static struct vfe_net_hdr hdr;
static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static char backend[128];

static void with_path(struct options *o, const char *kind)
{
	static unsigned int number;

	with_two_pairs(o);
	snprintf(addr.sun_path, sizeof(addr.sun_path),
		 "/tmp/net_link_test.%d.%u", getpid(), number++);
	snprintf(backend, sizeof(backend), "%s:%s", kind, addr.sun_path);
	nic_options.backend = backend;
}

static void with_pair(struct options *o)
{
	with_path(o, "pair");
}

static void with_stream(struct options *o)
{
	with_path(o, "stream");
}

/* Wait up to @ms for an event, and let the device handle it. */
static void events(struct guest *g, int ms)
{
	struct pollfd fds[CLASS_FDS];
	int n = vdev_fds(g->v, fds);

	if (poll(fds, n, ms) > 0)
		vdev_handle(g->v, fds, n);
	for (int i = 0; i < 100 && vdev_wants_poll(g->v); i++)
		vdev_poll(g->v);
	vdev_serve(g->v, clock_ns());
}

static int far_side(int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	struct timeval second = { 1, 0 };

	CHECK(!connect(fd, (const struct sockaddr *)&addr, sizeof(addr)));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	return fd;
}

static uint64_t counted(const struct guest *g, enum net_count which)
{
	return g->c.of_class[which];
}

static void remove_lock(void)
{
	char lock[128];

	snprintf(lock, sizeof(lock), "%s.lock", addr.sun_path);
	unlink(lock);
}

static bool link_up(struct guest *g)
{
	return vdev_read(g->v, VFE_WIN_DEVICE, 6, 2) & VIRTIO_NET_S_LINK_UP;
}

static void test_pair(struct guest *g)
{
	uint32_t len = make_frame(frame, false, true, 30000);
	uint8_t message[12 + 1000];
	struct nic n;
	int fd;

	nic_start(&n, g, ~(F(CTRL_RX) | PACKED | IN_ORDER));
	CHECK(!link_up(g));
	CHECK(nic_send(&n, TX0, NULL, frame, 1000));
	CHECK_EQ(counted(g, NET_LINK_DROPPED), 1);
	fd = far_side(SOCK_SEQPACKET);
	events(g, 100);
	CHECK(link_up(g));
	/* a large frame keeps its header */
	memset(&hdr, 0, sizeof(hdr));
	hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	hdr.gso_size = 1448;
	hdr.hdr_len = 9999;
	hdr.csum_start = 34;
	hdr.csum_offset = 16;
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	CHECK_EQ(recv(fd, got, sizeof(got), 0), 12 + len);
	/* except for a wrong hdr_len */
	hdr.hdr_len = 54;
	CHECK(!memcmp(got, &hdr, 10));
	CHECK(!memcmp(got + 12, frame, len));
	/* and the other way */
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	len = make_frame(message + 12, true, false, 100);
	memset(message, 0, 12);
	CHECK_EQ(send(fd, message, 12 + len, 0), 12 + len);
	events(g, 100);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK(!memcmp(got, message + 12, len));
	/* what is no frame, and odd headers */
	CHECK_EQ(send(fd, message, 5, 0), 5);
	message[1] = 0x61;
	CHECK_EQ(send(fd, message, 12 + len, 0), 12 + len);
	message[1] = 0x11;
	CHECK_EQ(send(fd, message, 12 + len, 0), 12 + len);
	events(g, 100);
	CHECK_EQ(counted(g, NET_LINK_MALFORMED), 3);
	/* it goes, and comes again */
	close(fd);
	events(g, 100);
	CHECK(!link_up(g));
	fd = far_side(SOCK_SEQPACKET);
	events(g, 100);
	CHECK(link_up(g));
	close(fd);
	remove_lock();
}

/* The far side takes nothing: for a while the driver waits. */
static void test_pair_full(struct guest *g)
{
	unsigned int sent = 0;
	struct used u;
	struct nic n;
	int fd;

	nic_start(&n, g, PLAIN);
	fd = far_side(SOCK_SEQPACKET);
	events(g, 100);
	make_frame(frame, false, false, 1400);
	while (sent < 100000 && nic_send(&n, TX0, NULL, frame, 1442))
		sent++;
	CHECK(sent > 64 && sent < 100000);
	CHECK(vdev_due(g->v) != UINT64_MAX);
	for (unsigned int i = 0; i < sent - 64; i++)
		CHECK_EQ(recv(fd, got, sizeof(got), 0), 12 + 1442);
	events(g, 100);
	CHECK(take(&n.q[TX0], 1, 2, &u));
	CHECK_EQ(counted(g, NET_LINK_DROPPED), 0);
	close(fd);
	remove_lock();
}

static void test_stream(struct guest *g)
{
	uint8_t message[2 * (4 + 200)];
	uint32_t len = make_frame(frame, false, true, 3000);
	struct nic n;
	int fd;

	nic_start(&n, g, ~(F(CTRL_RX) | PACKED | IN_ORDER));
	fd = far_side(SOCK_STREAM);
	events(g, 100);
	/* two segments of a frame, complete */
	memset(&hdr, 0, sizeof(hdr));
	hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	hdr.gso_size = 1500;
	hdr.csum_start = 34;
	hdr.csum_offset = 16;
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(recv(fd, got, 4, MSG_WAITALL), 4);
		CHECK_EQ(get32(got), 54 + 1500);
		CHECK_EQ(recv(fd, got, 1554, MSG_WAITALL), 1554);
		CHECK(frame_is_right(got, 1554));
	}
	/* one and a half frames, then the rest */
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	for (int i = 0; i < 2; i++) {
		put32(message + i * 146, 142);
		make_frame(message + i * 146 + 4, false, false, 100);
	}
	CHECK_EQ(send(fd, message, 200, 0), 200);
	events(g, 100);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 142);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
	CHECK_EQ(send(fd, message + 200, 92, 0), 92);
	events(g, 100);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 142);
	CHECK(frame_is_right(got, 142));
	/* a length that no frame has ends the connection */
	put32(message, 1 << 30);
	CHECK_EQ(send(fd, message, 100, 0), 100);
	events(g, 100);
	CHECK_EQ(recv(fd, got, 1, 0), 0);
	CHECK(!link_up(g));
	close(fd);
	remove_lock();
}

#define TAP	"vfetest0"

static void with_tap(struct options *o)
{
	with_two_pairs(o);
	nic_options.backend = "tap:" TAP;
}

/* May this process make interfaces? */
static bool have_tap(void)
{
	struct ifreq ifr = {
		.ifr_name = TAP,
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
	};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	bool have = fd >= 0 && !ioctl(fd, TUNSETIFF, &ifr);

	if (fd >= 0)
		close(fd);
	return have;
}

/* Set the interface up. Return: a socket that has its frames */
static int open_interface(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(TAP),
	};
	struct ifreq ifr = { .ifr_name = TAP, .ifr_flags = IFF_UP };
	struct timeval second = { 1, 0 };

	CHECK(!bind(fd, (const struct sockaddr *)&ll, sizeof(ll)));
	CHECK(!ioctl(fd, SIOCSIFFLAGS, &ifr));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	return fd;
}

/* Frames of the host's own are in between. */
static bool has_come(int fd, uint32_t len)
{
	for (int i = 0; i < 50; i++) {
		if (recv(fd, got, sizeof(got), 0) == (ssize_t)len &&
		    !memcmp(got, frame, len))
			return true;
	}
	return false;
}

static void test_tap(void)
{
	uint32_t len = make_frame(frame, true, false, 300);
	bool came = false;
	struct guest g;
	struct nic n;
	int fd;

	if (!have_tap())
		return;
	guest_open(&g, with_tap);
	nic_start(&n, &g, ~(F(CTRL_RX) | PACKED | IN_ORDER));
	nic_fill(&n, RX0, 32, NIC_BUFFER);
	fd = open_interface();
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK(has_come(fd, len));
	CHECK_EQ(send(fd, frame, len, 0), len);
	for (int i = 0; i < 50 && !came; i++) {
		events(&g, 20);
		while (nic_receive(&n, RX0, &hdr, got) >= 0)
			came |= !memcmp(got, frame, len);
	}
	CHECK(came);
	CHECK(link_up(&g));
	close(fd);
	/* the interface is removed, where there is a program for that */
	if (!system("ip link del " TAP " 2>/dev/null")) {
		events(&g, 100);
		events(&g, 10);
		CHECK(!link_up(&g));
		CHECK(nic_send(&n, TX0, NULL, frame, len));
	}
	guest_close(&g);
}

static void with_loss(struct options *o)
{
	with_two_pairs(o);
	nic_options.loss = 50;
}

static void test_loss(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, PLAIN);
	make_frame(frame, false, false, 100);
	for (int i = 0; i < 200; i++) {
		nic_fill(&n, RX0, i < 40, NIC_BUFFER);
		CHECK(nic_send(&n, TX0, NULL, frame, 142));
		if (i < 40)
			nic_receive(&n, RX0, &hdr, got);
		if (counted(g, NET_LINK_LOST) > 10)
			break;
	}
	CHECK(counted(g, NET_LINK_LOST) > 10);
	CHECK_EQ(counted(g, NET_LINK_LOST) + counted(g, NET_RX_FRAMES),
		 counted(g, NET_TX_FRAMES));
}

static void with_delay(struct options *o)
{
	with_two_pairs(o);
	CHECK_EQ(service_parse(&nic_options.delay, "exponential:5000"), 0);
}

/* Delayed frames stay in order. */
static void test_delay(struct guest *g)
{
	struct timespec pause = { 0, 1000000 };
	unsigned int next = 0;
	struct nic n;

	nic_start(&n, g, PLAIN);
	nic_fill(&n, RX0, 20, NIC_BUFFER);
	make_frame(frame, false, false, 100);
	for (unsigned int i = 0; i < 20; i++) {
		frame[100] = i;
		CHECK(nic_send(&n, TX0, NULL, frame, 142));
	}
	for (int ms = 0; ms < 2000 && next < 20; ms++) {
		nanosleep(&pause, NULL);
		vdev_serve(g->v, clock_ns());
		while (nic_receive(&n, RX0, &hdr, got) == 142)
			CHECK_EQ(got[100], next++);
	}
	CHECK_EQ(next, 20);
}

static void with_reorder(struct options *o)
{
	with_two_pairs(o);
	nic_options.reorder = 30;
}

static void test_reorder(struct guest *g)
{
	struct timespec pause = { 0, 2000000 };
	unsigned int count = 0, late = 0, last = 0;
	struct nic n;

	nic_start(&n, g, PLAIN);
	nic_fill(&n, RX0, 40, NIC_BUFFER);
	make_frame(frame, false, false, 100);
	for (unsigned int i = 0; i < 40; i++) {
		frame[100] = i;
		CHECK(nic_send(&n, TX0, NULL, frame, 142));
	}
	nanosleep(&pause, NULL);
	vdev_serve(g->v, clock_ns());
	while (nic_receive(&n, RX0, &hdr, got) == 142) {
		late += got[100] < last;
		last = got[100];
		count++;
	}
	CHECK_EQ(count, 40);
	CHECK(late > 0);
}

static void with_source(struct options *o)
{
	with_two_pairs(o);
	nic_options.backend = "source:100,start";
}

/* It sends once it knows where to, and no more than there are buffers. */
static void test_source(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, PLAIN);
	nic_fill(&n, RX0, 10, NIC_BUFFER);
	nic_poll(&n);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
	CHECK(nic_send(&n, TX0, NULL, frame,
		       make_frame(frame, false, false, 30)));
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 100);
		CHECK(!memcmp(got, frame + 6, 6));
		CHECK(frame_is_right(got, 100));
	}
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
	CHECK_EQ(counted(g, NET_RX_OVERRUN), 0);
}

static void with_sink(struct options *o)
{
	with_two_pairs(o);
	nic_options.backend = "sink";
}

static void test_sink(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, PLAIN);
	nic_fill(&n, RX0, 10, NIC_BUFFER);
	for (int i = 0; i < 300; i++)
		CHECK(nic_send(&n, TX0, NULL, frame,
			       make_frame(frame, false, false, 30)));
	CHECK_EQ(counted(g, NET_TX_FRAMES), 300);
	CHECK_EQ(counted(g, NET_RX_FRAMES), 0);
}

const struct test net_link_tests[] = {
	{ "net: pair", .on_guest = test_pair, .change = with_pair },
	{ "net: pair, whose far side takes nothing",
	  .on_guest = test_pair_full, .change = with_pair },
	{ "net: stream", .on_guest = test_stream, .change = with_stream },
	{ "net: tap", .run = test_tap },
	{ "net: loss", .on_guest = test_loss, .change = with_loss },
	{ "net: delay", .on_guest = test_delay, .change = with_delay },
	{ "net: reordering",
	  .on_guest = test_reorder, .change = with_reorder },
	{ "net: source", .on_guest = test_source, .change = with_source },
	{ "net: sink", .on_guest = test_sink, .change = with_sink },
	{ }
};
