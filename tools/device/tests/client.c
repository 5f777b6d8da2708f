// SPDX-License-Identifier: GPL-2.0
/* The client in miniature: connections, messages, replies, and the runner. */
#include <dirent.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

int main(void)
{
	static const struct test *const suites[] = {
		message_tests, command_tests, gmem_tests, irq_tests,
		pci_tests, window_tests, net_window_tests, scsi_window_tests,
		fault_tests, NULL
	};

	return tap_run(suites);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int memory_file(unsigned int pages)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, pages * 4096L))
		die("memfd_create");
	return fd;
}

unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	if (!dir)
		die("/proc/self/fd");
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

void client_connect(struct client *c)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       pair))
		die("socketpair");
	c->fd = pair[0];
	vu_accept(c->server, pair[1]);
}

void client_open(struct client *c, void (*change)(struct options *o))
{
	char path[64];

	memset(c, 0, sizeof(*c));
	memset(&logged, 0, sizeof(logged));
	c->disk = memory_file(SECTORS * VFE_SECTOR_SIZE / 4096);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", c->disk);
	c->blk = (struct blk_options){ .serial = "client", .backing = path };
	c->o = (struct options){
		.class = &blk_class, .of_class = &c->blk, .msix = true,
		.queues = 4, .queue_size = 64,
	};
	if (change)
		change(&c->o);
	c->reply_fd = -1;
	c->disk_state = c->o.class->open(&c->o);
	if (!c->disk_state || function_create(&c->f, &c->o, c->disk_state))
		die("device");
	c->server = vu_new(&c->f);
	if (!c->server)
		die("vu_new");
	client_connect(c);
}

void client_close(struct client *c)
{
	close(c->fd);
	if (c->reply_fd >= 0)
		close(c->reply_fd);
	vu_free(c->server);
	function_destroy(&c->f);
	c->o.class->close(c->disk_state);
	close(c->disk);
}

void client_hang_up(struct client *c)
{
	close(c->fd);
	for (int i = 0; i < 1000 && vu_connected(c->server); i++)
		vu_handle(c->server);
	CHECK(!vu_connected(c->server));
}

void client_greet(struct client *c)
{
	static const struct vu_version version = { VU_MAJOR, VU_MINOR };

	CHECK_EQ(client_command(c, VU_VERSION, &version, sizeof(version)), 0);
}

void client_start(struct client *c, void (*change)(struct options *o))
{
	const uint16_t command = PCI_COMMAND_MASTER;

	client_open(c, change);
	client_greet(c);
	function_config_write(&c->f, PCI_COMMAND, &command, sizeof(command));
}

void client_send(struct client *c, const void *data, size_t len,
		 const int *fds, int num_fds)
{
	char control[CMSG_SPACE(64 * sizeof(int))]
		__attribute__((aligned(8))) = {};
	/* sendmsg() changes nothing there, which struct iovec cannot say. */
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (num_fds) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(num_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(num_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, num_fds * sizeof(int));
	}
	if (sendmsg(c->fd, &msg, MSG_NOSIGNAL) != (ssize_t)len &&
	    errno != EPIPE && errno != ECONNRESET)
		die("sendmsg");
}

void client_post(struct client *c, uint16_t command, uint32_t flags,
		 const void *payload, size_t len, const int *fds, int num_fds)
{
	static uint8_t message[sizeof(struct vu_header) + VU_MAX_PAYLOAD];
	struct vu_header header = {
		.id = ++c->ident, .command = command, .flags = flags,
		.size = sizeof(header) + len,
	};

	memcpy(message, &header, sizeof(header));
	if (len)
		memcpy(message + sizeof(header), payload, len);
	client_send(c, message, header.size, fds, num_fds);
}

static void keep_fd(struct client *c, struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	if (c->reply_fd >= 0)
		close(c->reply_fd);
	c->reply_fd = -1;
	if (cmsg)
		memcpy(&c->reply_fd, CMSG_DATA(cmsg), sizeof(int));
}

/* A big one may have to be sent in parts. */
static bool receive_payload(struct client *c)
{
	size_t have = 0;

	for (int tries = 0; have < c->len && tries < 100; tries++) {
		ssize_t n = recv(c->fd, c->payload + have, c->len - have,
				 MSG_DONTWAIT);

		if (n > 0)
			have += n;
		else
			vu_handle(c->server);
	}
	return have == c->len;
}

bool client_receive(struct client *c)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov = { &c->reply, sizeof(c->reply) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n != sizeof(c->reply))
		return false;
	keep_fd(c, &msg);
	c->len = c->reply.size - sizeof(c->reply);
	CHECK(c->len <= sizeof(c->payload));
	return receive_payload(c);
}

unsigned int client_command_fds(struct client *c, uint16_t command,
				const void *payload, size_t len,
				const int *fds, int num_fds)
{
	client_post(c, command, 0, payload, len, fds, num_fds);
	vu_handle(c->server);
	if (!client_receive(c))
		return NO_ANSWER;
	CHECK_EQ(c->reply.id, c->ident);
	CHECK_EQ(c->reply.command, command);
	CHECK_EQ(c->reply.flags & ~VU_FLAG_ERROR, VU_TYPE_REPLY);
	CHECK_EQ(!(c->reply.flags & VU_FLAG_ERROR), !c->reply.error);
	if (c->reply.error)
		CHECK_EQ(c->len, 0);
	return c->reply.error;
}

unsigned int client_command(struct client *c, uint16_t command,
			    const void *payload, size_t len)
{
	return client_command_fds(c, command, payload, len, NULL, 0);
}

unsigned int dma_map(struct client *c, uint64_t gpa, uint64_t size, int fd,
		     uint64_t offset, uint32_t flags)
{
	struct vu_dma_map map = {
		sizeof(map), flags, offset, gpa, size
	};

	return client_command_fds(c, VU_DMA_MAP, &map, sizeof(map), &fd,
				  fd >= 0);
}

unsigned int dma_unmap(struct client *c, uint64_t gpa, uint64_t size)
{
	struct vu_dma_unmap unmap = { sizeof(unmap), 0, gpa, size };

	return client_command(c, VU_DMA_UNMAP, &unmap, sizeof(unmap));
}

void tap_fixture(const struct test *t)
{
	struct client c;

	client_start(&c, t->change);
	for (int i = 0; i < 5; i++)
		c.event[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	t->on_client(&c);
	client_close(&c);
	for (int i = 0; i < 5; i++)
		close(c.event[i]);
}
