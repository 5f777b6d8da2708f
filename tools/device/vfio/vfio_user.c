// SPDX-License-Identifier: GPL-2.0
/*
 * The message layer of vfio-user: one client at a time, assembles messages and
 * their descriptors from a non-blocking stream, and sends replies. While a
 * reply waits for space in the socket, it reads no other message, so that a
 * client that does not read cannot make this process grow.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pci/pci.h"
#include "base/log.h"
#include "vfio/vfio_user.h"

/* Messages handled per turn of the loop */
#define MESSAGES_A_TURN	512

enum vu_state {
	VU_NO_CLIENT,
	VU_NEGOTIATING,		/* VERSION must come first */
	VU_READY,
};

struct vu_client {
	struct function *function;
	enum vu_state state;
	int fd;

	size_t have;		/* bytes of the message in @in */
	int fds[VU_MAX_FDS];	/* that came with them */
	int num_fds;
	union {
		struct vu_header header;
		uint8_t bytes[sizeof(struct vu_header) + VU_MAX_PAYLOAD];
	} in;

	size_t out_len;		/* 0: no pending output */
	size_t out_sent;
	int out_fd;		/* to send with the first byte, or -1 */
	union {
		struct vu_header header;
		uint8_t bytes[sizeof(struct vu_header) + VU_MAX_PAYLOAD];
	} out;
};

struct vu_client *vu_new(struct function *f)
{
	struct vu_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->function = f;
	c->state = VU_NO_CLIENT;
	c->fd = -1;
	c->out_fd = -1;
	return c;
}

void vu_free(struct vu_client *c)
{
	if (!c)
		return;
	vu_disconnect(c, NULL);
	free(c);
}

bool vu_connected(const struct vu_client *c)
{
	return c->state != VU_NO_CLIENT;
}

void vu_accept(struct vu_client *c, int fd)
{
	if (vu_connected(c)) {
		log_line("vfio-user: turned a second client away; one at a time");
		close(fd);
		return;
	}
	c->fd = fd;
	c->state = VU_NEGOTIATING;
	c->have = 0;
	c->num_fds = 0;
	c->out_len = 0;
}

static void close_fds(struct vu_client *c)
{
	int i;

	for (i = 0; i < c->num_fds; i++) {
		if (c->fds[i] >= 0)
			close(c->fds[i]);
	}
	c->num_fds = 0;
}

/*
 * The client's guest is gone: do not use its memory and eventfds any more, and
 * reset the device for the next client.
 */
void vu_disconnect(struct vu_client *c, const char *why)
{
	struct function *f = c->function;

	if (!vu_connected(c))
		return;
	if (why)
		log_line("vfio-user: client disconnected: %s", why);
	close_fds(c);
	close(c->fd);
	c->fd = -1;
	c->state = VU_NO_CLIENT;
	function_reset(f);
	irq_release(f->irq);
	gmem_unmap_all(f->gmem);
	vdev_memory_changed(f->vdev);
}

int vu_poll_fd(const struct vu_client *c, short *events)
{
	*events = c->out_len ? POLLOUT : POLLIN;
	return c->fd;
}

/* Send the pending output. Return: false when the client is lost. */
static bool send_out(struct vu_client *c)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {};
	struct iovec iov = {
		c->out.bytes + c->out_sent, c->out_len - c->out_sent
	};
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (c->out_fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &c->out_fd, sizeof(int));
	}
	n = sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return true;
		vu_disconnect(c, strerror(errno));
		return false;
	}
	c->out_fd = -1;
	c->out_sent += n;
	if (c->out_sent == c->out_len)
		c->out_len = 0;
	return true;
}

static bool reply(struct vu_client *c, const struct vu_header *to,
		  const struct vu_reply *r, int ret)
{
	size_t len = ret ? 0 : r->len;

	if (to->flags & VU_FLAG_NO_REPLY)
		return true;
	c->out.header = (struct vu_header){
		.id = to->id,
		.command = to->command,
		.size = sizeof(*to) + len,
		.flags = VU_TYPE_REPLY | (ret ? VU_FLAG_ERROR : 0),
		.error = ret ? -ret : 0,
	};
	c->out_len = c->out.header.size;
	c->out_sent = 0;
	c->out_fd = ret ? -1 : r->fd;
	return send_out(c);
}

/* VERSION comes first and once. Return: 0 or -errno */
static int check_order(struct vu_client *c, uint16_t command)
{
	bool expected = c->state == VU_NEGOTIATING;
	bool version = command == VU_VERSION;

	if (expected == version)
		return 0;
	log_line("vfio-user: command %u %s", command,
		 command == VU_VERSION ? "(VERSION) came a second time" :
		 "came before VERSION");
	return -EINVAL;
}

/* A whole message is in c->in. Return: false when the client is lost. */
static bool handle_message(struct vu_client *c)
{
	struct vu_message m = {
		.header = c->in.header,
		.payload = c->in.bytes + sizeof(struct vu_header),
		.len = c->in.header.size - sizeof(struct vu_header),
		.fds = c->fds,
		.num_fds = c->num_fds,
	};
	struct vu_reply r = {
		.payload = c->out.bytes + sizeof(struct vu_header),
		.fd = -1,
	};
	int ret = check_order(c, m.header.command);

	if (!ret)
		ret = vu_command(c->function, &m, &r);
	close_fds(c);
	c->have = 0;
	if (!reply(c, &m.header, &r, ret))
		return false;
	if (c->state == VU_NEGOTIATING) {
		if (ret) {
			vu_disconnect(c, "no agreement on a version");
			return false;
		}
		c->state = VU_READY;
	}
	return true;
}

/* Keep the descriptors of one recvmsg(). Return: false if there are too many */
static bool take_fds(struct vu_client *c, struct msghdr *msg)
{
	bool ok = !(msg->msg_flags & MSG_CTRUNC);
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t i, n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd),
			       sizeof(fd));
			if (c->num_fds < VU_MAX_FDS) {
				c->fds[c->num_fds++] = fd;
			} else {
				close(fd);
				ok = false;
			}
		}
	}
	return ok;
}

/*
 * Read up to @want bytes of the message. Return: 1 if something came, 0 if
 * nothing is there, -1 when the client is lost.
 */
static int receive(struct vu_client *c, size_t want)
{
	char control[CMSG_SPACE(sizeof(int) * VU_MAX_FDS)]
		__attribute__((aligned(8)));
	struct iovec iov = { c->in.bytes + c->have, want - c->have };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		vu_disconnect(c, n ? strerror(errno) : "end of connection");
		return -1;
	}
	c->have += n;
	if (!take_fds(c, &msg)) {
		vu_disconnect(c, "more than 16 descriptors in one message");
		return -1;
	}
	return 1;
}

/* Without a valid header the next message cannot be found. */
static const char *bad_header(const struct vu_header *h)
{
	if ((h->flags & VU_FLAG_TYPE) != VU_TYPE_COMMAND)
		return "a message that is no command";
	if (h->size < sizeof(*h))
		return "a message smaller than its header";
	if (h->size > sizeof(*h) + VU_MAX_PAYLOAD)
		return "a message larger than agreed";
	return NULL;
}

/* Return: like receive(); 1 also after a handled message */
static int step(struct vu_client *c)
{
	const size_t header = sizeof(struct vu_header);
	size_t want = c->have < header ? header : c->in.header.size;
	int ret;

	if (c->have < want) {
		ret = receive(c, want);
		if (ret <= 0)
			return ret;
	}
	if (c->have < header)
		return 1;
	if (c->have == header) {
		const char *why = bad_header(&c->in.header);

		if (why) {
			vu_disconnect(c, why);
			return -1;
		}
	}
	if (c->have < c->in.header.size)
		return 1;
	return handle_message(c) ? 1 : -1;
}

void vu_handle(struct vu_client *c)
{
	unsigned int turn;

	if (c->out_len && !send_out(c))
		return;
	/* A message needs two steps or, without payload, one. */
	for (turn = 0; turn < 2 * MESSAGES_A_TURN && !c->out_len; turn++) {
		if (step(c) <= 0)
			return;
	}
}
