// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: the messages of a client, through a socket pair, with
 * descriptors of many kinds. The input is the client's actions: a byte for
 * each, then its arguments. Whatever it does, replies are well formed and in
 * order, and nothing of it is left once it is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "vfio/vfio_user.h"
#include "world.h"

enum operation {
	OP_MESSAGE,		/* command, flags, descriptors, length, bytes */
	OP_LIE,			/* the same, and a length for the header */
	OP_CUT,			/* the same, and where it stops */
	OP_RAW,			/* length, bytes */
	OP_SET_UP,		/* map memory, as a good client does */
	OP_ACCESS,		/* region, offset, size, value */
	OP_READ,		/* what replies there are */
	OP_TRUNCATE,		/* pages that are left of the client's file */
	OP_UNMASK,		/* signal the unmask eventfd */
	OP_RECONNECT,
	NUM_OPS
};

enum fd_kind {
	FD_MEMORY,
	FD_EVENT,
	FD_EVENT2,
	FD_NULL,
	FD_PIPE,
	FD_EPOLL,
	FD_TIMER,
	FD_FOLDER,
	NUM_FDS
};

#define CLIENT_MEMORY	0x10000
#define MOST_FDS	20
#define SCANNED_FDS	128

struct run {
	struct function *f;
	struct input in;
	int fd;			/* the client's end */
	uint16_t ident;		/* of the next message */
	uint16_t answered;	/* of the last reply */
	bool framed;		/* all that was sent are whole messages */
};

struct message {
	struct vu_header header;
	uint8_t payload[256];
};

static int fds[NUM_FDS];

static void make_fds(void)
{
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC))
		fail("pipe: %m");
	fds[FD_MEMORY] = memfd_create("client", MFD_CLOEXEC);
	fds[FD_EVENT] = eventfd(0, EFD_CLOEXEC);
	fds[FD_EVENT2] = eventfd(0, EFD_CLOEXEC);
	fds[FD_NULL] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[FD_PIPE] = pipe_fds[0];
	fds[FD_EPOLL] = epoll_create1(EPOLL_CLOEXEC);
	fds[FD_TIMER] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	fds[FD_FOLDER] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (unsigned int i = 0; i < NUM_FDS; i++) {
		if (fds[i] < 0)
			fail("descriptor %u: %m", i);
	}
}

/* The memory has to be whole again if it was cut off. */
static void restore_memory(void)
{
	uint64_t value;

	if (ftruncate(fds[FD_MEMORY], CLIENT_MEMORY))
		fail("ftruncate: %m");
	fcntl(fds[FD_EVENT], F_SETFL, O_NONBLOCK);
	if (read(fds[FD_EVENT], &value, sizeof(value)) < 0 && errno != EAGAIN)
		fail("eventfd: %m");
}

static void connect_client(struct run *r)
{
	int pair[2], room = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       pair))
		fail("socketpair: %m");
	/* A small buffer: replies that have to wait are nothing rare. */
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	r->fd = pair[0];
	r->ident = 1;
	r->answered = 0;
	r->framed = true;
	vu_accept(world_client(), pair[1]);
}

static void check_reply(struct run *r, const struct vu_header *h, size_t have)
{
	if (have < sizeof(*h) || h->size > have || h->size < sizeof(*h))
		fail("a reply of %zu bytes that says %u", have, h->size);
	if ((h->flags & VU_FLAG_TYPE) != VU_TYPE_REPLY)
		fail("flags %#x in a reply", h->flags);
	if (!(h->flags & VU_FLAG_ERROR) != !h->error)
		fail("error %u with flags %#x", h->error, h->flags);
	if ((h->flags & VU_FLAG_ERROR) && h->size != sizeof(*h))
		fail("an error of %u bytes", h->size);
	if (r->framed && (uint16_t)(h->id - r->answered - 1) >= 0x8000)
		fail("a reply to %u after one to %u", h->id, r->answered);
	r->answered = h->id;
}

static void close_received(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd;

	if (!c)
		return;
	if (c->cmsg_len != CMSG_LEN(sizeof(fd)))
		fail("a reply with more than one descriptor");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	close(fd);
}

/* Return: the bytes that came, 0 for none */
static size_t receive(struct run *r, void *to, size_t want)
{
	char control[CMSG_SPACE(4 * sizeof(int))]
		__attribute__((aligned(8)));
	struct iovec iov = { to, want };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(r->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n > 0)
		close_received(&msg);
	return n > 0 ? n : 0;
}

/* All replies that are there; the device sends the rest of a big one. */
static void read_replies(struct run *r)
{
	static uint8_t buffer[sizeof(struct vu_header) + VU_MAX_PAYLOAD];
	struct vu_header h;
	size_t have, n;

	while (r->framed && receive(r, buffer, sizeof(h)) == sizeof(h)) {
		memcpy(&h, buffer, sizeof(h));
		have = sizeof(h);
		while (have < h.size && h.size <= sizeof(buffer)) {
			vu_handle(world_client());
			n = receive(r, buffer + have, h.size - have);
			if (!n)
				break;
			have += n;
		}
		check_reply(r, &h, have);
	}
	while (receive(r, buffer, sizeof(buffer)))
		;
}

/* The work of the loop */
static void turn(struct run *r)
{
	struct function *f = r->f;
	struct pollfd unmask = { irq_intx_unmask_fd(f->irq), POLLIN, 0 };

	if (poll(&unmask, 1, 0) > 0)
		irq_intx_unmask_event(f->irq);
	vu_handle(world_client());
	for (unsigned int i = 0; i < 4 && vdev_wants_poll(f->vdev); i++)
		vdev_poll(f->vdev);
}

/* Descriptors: how many in the low 5 bits, of which kind above */
static size_t add_fds(struct msghdr *msg, uint8_t how)
{
	struct cmsghdr *c = msg->msg_control;
	unsigned int n = (how & 31) < MOST_FDS ? how & 31 : MOST_FDS;
	int list[MOST_FDS];

	if (!n) {
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
		return 0;
	}
	for (unsigned int i = 0; i < n; i++)
		list[i] = fds[((how >> 5) + (n > 2 ? i / 2 : 0)) % NUM_FDS];
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), list, n * sizeof(int));
	msg->msg_controllen = CMSG_SPACE(n * sizeof(int));
	return n;
}

static void send_bytes(struct run *r, void *data, size_t len, uint8_t how)
{
	char control[CMSG_SPACE(MOST_FDS * sizeof(int))]
		__attribute__((aligned(8))) = {};
	struct iovec iov = { data, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
	};

	if (!len)
		return;
	add_fds(&msg, how);
	if (sendmsg(r->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		r->framed = false;
}

static void message_op(struct run *r, enum operation op)
{
	struct message m = {};
	uint8_t how;
	size_t len;

	m.header.id = r->ident++;
	m.header.command = take8(&r->in);
	m.header.flags = take8(&r->in);
	how = take8(&r->in);
	len = take_bytes(&r->in, m.payload, take8(&r->in));
	len += sizeof(m.header);
	m.header.size = len;
	if (op == OP_LIE) {
		m.header.size = take32(&r->in);
		r->framed = false;
	} else if (op == OP_CUT) {
		len = take8(&r->in) % len;
		r->framed = false;
	}
	send_bytes(r, &m, len, how);
}

static void raw_op(struct run *r)
{
	uint8_t bytes[256];
	size_t len = take_bytes(&r->in, bytes, take8(&r->in));

	r->framed = false;
	send_bytes(r, bytes, len, 0);
}

static void send_payload(struct run *r, uint16_t command, const void *payload,
			 size_t len, uint8_t how)
{
	struct message m = {
		.header = {
			.id = r->ident++, .command = command,
			.size = sizeof(m.header) + len,
		},
	};

	memcpy(m.payload, payload, len);
	send_bytes(r, &m, sizeof(m.header) + len, how);
}

static void set_up_op(struct run *r)
{
	struct vu_version version = { VU_MAJOR, VU_MINOR };
	struct vu_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.address = RAM_BASE, .size = CLIENT_MEMORY,
	};

	send_payload(r, VU_VERSION, &version, sizeof(version), 0);
	send_payload(r, VU_DMA_MAP, &map, sizeof(map), FD_MEMORY << 5 | 1);
}

static void access_op(struct run *r)
{
	struct {
		struct vu_region_access a;
		uint8_t data[4];
	} m = {};
	uint8_t which = take8(&r->in);
	const struct register_info *info =
		&register_table[(which >> 1) % VFE_NUM_OWN_REGS];

	m.a.region = window_table[info->window].bar;
	m.a.offset = window_table[info->window].offset + info->offset;
	m.a.count = info->size > 4 ? 2 : info->size;
	take_bytes(&r->in, m.data, m.a.count);
	send_payload(r, which & 1 ? VU_REGION_WRITE : VU_REGION_READ, &m,
		     sizeof(m.a) + (which & 1 ? m.a.count : 0), 0);
}

static void truncate_op(struct run *r)
{
	world_truncated = true;
	if (ftruncate(fds[FD_MEMORY], take8(&r->in) % 17 * 4096L))
		fail("ftruncate: %m");
}

static void hang_up(struct run *r)
{
	close(r->fd);
	for (unsigned int i = 0; vu_connected(world_client()); i++) {
		vu_handle(world_client());
		if (i > 1000)
			fail("the client is gone, and it is not noticed");
	}
}

static void one_op(struct run *r)
{
	static const uint64_t one = 1;
	enum operation op = take8(&r->in) % NUM_OPS;

	switch (op) {
	case OP_RAW:
		raw_op(r);
		break;
	case OP_SET_UP:
		set_up_op(r);
		break;
	case OP_ACCESS:
		access_op(r);
		break;
	case OP_READ:
		read_replies(r);
		break;
	case OP_TRUNCATE:
		truncate_op(r);
		break;
	case OP_UNMASK:
		if (write(fds[FD_EVENT], &one, sizeof(one)) < 0)
			return;
		break;
	case OP_RECONNECT:
		hang_up(r);
		connect_client(r);
		break;
	default:
		message_op(r, op);
	}
}

/* libFuzzer opens descriptors of its own, but not within an input. */
static void look_at_fds(bool *open)
{
	struct pollfd polled[SCANNED_FDS];

	for (int i = 0; i < SCANNED_FDS; i++)
		polled[i] = (struct pollfd){ i, 0, 0 };
	if (poll(polled, SCANNED_FDS, 0) < 0)
		fail("poll: %m");
	for (int i = 0; i < SCANNED_FDS; i++)
		open[i] = !(polled[i].revents & POLLNVAL);
}

/* Nothing that came from the client stays open. */
static void check_fds(const bool *before)
{
	bool now[SCANNED_FDS];

	look_at_fds(now);
	for (int i = 0; i < SCANNED_FDS; i++) {
		if (now[i] != before[i])
			fail("descriptor %d was left %s", i,
			     now[i] ? "open" : "closed");
	}
}

static void check_gone(struct run *r)
{
	if (world_mappings())
		fail("%u mappings are left", world_mappings());
	if (irq_intx_unmask_fd(r->f->irq) >= 0)
		fail("an eventfd is left");
	world_check_power_on(r->f);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static bool ready;
	bool open[SCANNED_FDS];
	struct run r = {
		.f = world_function(false), .in = { data, size },
	};

	if (!ready) {
		make_fds();
		world_check_serves(r.f, false);
		gmem_unmap_all(r.f->gmem);
		ready = true;
	}
	look_at_fds(open);
	restore_memory();
	world_truncated = false;
	connect_client(&r);
	while (r.in.left) {
		one_op(&r);
		turn(&r);
	}
	read_replies(&r);
	hang_up(&r);
	check_fds(open);
	check_gone(&r);
	return 0;
}
