// SPDX-License-Identifier: GPL-2.0
/*
 * xskecho INTERFACE QUEUE SECONDS [copy] [nowake] [starve]: receive by AF_XDP,
 * send UDP to port 9 back from the same memory, drop all others, until SIGTERM
 * comes or SECONDS are over. "copy" in place of zero copy; "nowake" without
 * XDP_USE_NEED_WAKEUP; "starve" gives the driver the first buffers only after a
 * second. Prints "ready" and what it counted.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xdp/xsk.h>

#define RING	1024
#define CHUNK	4096
#define FRAMES	(2 * RING)
#define BATCH	64

#pragma pack(push, 2)
struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
};

#pragma pack(pop)

static bool copies, no_wakeup, starve;
static sig_atomic_t stopped;
static char *area;
static struct xsk_umem *umem;
static struct xsk_socket *xsk;
static struct xsk_ring_prod fill, tx;
static struct xsk_ring_cons completed, rx;
static unsigned int received, sent, done;
/* chunks that neither the kernel nor a ring has */
static __u64 free_chunks[FRAMES];
static unsigned int n_free;

static int fail(const char *what, int err)
{
	printf("%s: %s\n", what, strerror(err < 0 ? -err : err));
	return 1;
}

static void wake_rx(void)
{
	if (no_wakeup || xsk_ring_prod__needs_wakeup(&fill))
		recvfrom(xsk_socket__fd(xsk), NULL, 0, MSG_DONTWAIT, NULL,
			 NULL);
}

static void wake_tx(void)
{
	if (no_wakeup || xsk_ring_prod__needs_wakeup(&tx))
		sendto(xsk_socket__fd(xsk), NULL, 0, MSG_DONTWAIT, NULL, 0);
}

/* Gives free chunks to the kernel; half of all stay for what is sent. */
static void give(void)
{
	unsigned int n = n_free < BATCH ? n_free : BATCH, at, i;

	if (!n || xsk_ring_prod__reserve(&fill, n, &at) != n)
		return;
	for (i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&fill, at + i) =
			free_chunks[--n_free];
	xsk_ring_prod__submit(&fill, n);
	wake_rx();
}

static bool turn(struct frame *f, unsigned int len)
{
	unsigned char mac[ETH_ALEN];
	__u32 addr = f->ip.saddr;
	__u16 port = f->udp.source;

	if (len < sizeof(*f) || f->eth.h_proto != htons(ETH_P_IP) ||
	    f->ip.protocol != IPPROTO_UDP || f->udp.dest != htons(9))
		return false;
	memcpy(mac, f->eth.h_dest, ETH_ALEN);
	memcpy(f->eth.h_dest, f->eth.h_source, ETH_ALEN);
	memcpy(f->eth.h_source, mac, ETH_ALEN);
	f->ip.saddr = f->ip.daddr;
	f->ip.daddr = addr;
	f->udp.source = f->udp.dest;
	f->udp.dest = port;
	return true;
}

static void send_one(__u64 addr, __u32 len)
{
	struct xdp_desc *desc;
	unsigned int at;

	if (xsk_ring_prod__reserve(&tx, 1, &at) != 1) {
		free_chunks[n_free++] = addr / CHUNK * CHUNK;
		return;
	}
	desc = xsk_ring_prod__tx_desc(&tx, at);
	desc->addr = addr;
	desc->len = len;
	desc->options = 0;
	xsk_ring_prod__submit(&tx, 1);
	sent++;
}

static unsigned int receive(void)
{
	const struct xdp_desc *desc;
	unsigned int at, n, i;

	n = xsk_ring_cons__peek(&rx, BATCH, &at);
	for (i = 0; i < n; i++) {
		desc = xsk_ring_cons__rx_desc(&rx, at + i);
		if (turn((struct frame *)(area + desc->addr), desc->len))
			send_one(desc->addr, desc->len);
		else
			free_chunks[n_free++] = desc->addr / CHUNK * CHUNK;
	}
	if (n)
		xsk_ring_cons__release(&rx, n);
	received += n;
	return n;
}

static void complete(void)
{
	unsigned int at, n, i;

	n = xsk_ring_cons__peek(&completed, BATCH, &at);
	for (i = 0; i < n; i++)
		free_chunks[n_free++] =
			*xsk_ring_cons__comp_addr(&completed, at + i) /
			CHUNK * CHUNK;
	if (n)
		xsk_ring_cons__release(&completed, n);
	done += n;
}

static int open_socket(const char *name, unsigned int queue)
{
	struct xsk_umem_config memory = {
		.fill_size = RING, .comp_size = RING, .frame_size = CHUNK,
	};
	struct xsk_socket_config config = {
		.rx_size = RING, .tx_size = RING,
		.xdp_flags = XDP_FLAGS_DRV_MODE,
		.bind_flags = (copies ? XDP_COPY : XDP_ZEROCOPY) |
			      (no_wakeup ? 0 : XDP_USE_NEED_WAKEUP),
	};
	int err;

	area = mmap(NULL, FRAMES * CHUNK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (area == MAP_FAILED)
		return fail("mmap", errno);
	err = xsk_umem__create(&umem, area, FRAMES * CHUNK, &fill, &completed,
			       &memory);
	if (err)
		return fail("umem", err);
	err = xsk_socket__create(&xsk, name, queue, umem, &rx, &tx, &config);
	return err ? fail("socket", err) : 0;
}

static void stop(int number)
{
	stopped = number;
}

static void run(unsigned int seconds)
{
	struct pollfd p = { .fd = xsk_socket__fd(xsk), .events = POLLIN };
	time_t end = time(NULL) + seconds;

	signal(SIGTERM, stop);
	while ((!stopped || sent != done) && time(NULL) < end) {
		if (!receive()) {
			wake_rx();
			poll(&p, 1, 20);
		}
		if (sent != done)
			wake_tx();
		complete();
		give();
	}
}

int main(int argc, char **argv)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	int i;

	if (argc < 4)
		return 2;
	for (i = 4; i < argc; i++) {
		copies |= !strcmp(argv[i], "copy");
		no_wakeup |= !strcmp(argv[i], "nowake");
		starve |= !strcmp(argv[i], "starve");
	}
	setrlimit(RLIMIT_MEMLOCK, &none);
	if (open_socket(argv[1], atoi(argv[2])))
		return 1;
	puts("ready");
	fflush(stdout);
	if (starve)
		sleep(1);
	for (i = 0; i < RING; i++)
		free_chunks[n_free++] = (__u64)i * CHUNK;
	for (i = 0; i < RING / BATCH; i++)
		give();
	run(atoi(argv[3]));
	printf("received %u sent %u done %u\n", received, sent, done);
	xsk_socket__delete(xsk);
	xsk_umem__delete(umem);
	return 0;
}
