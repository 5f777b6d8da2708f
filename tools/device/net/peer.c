// SPDX-License-Identifier: GPL-2.0
/*
 * A connection over a Unix socket between two equals. A lock on PATH.lock keeps
 * two processes from listening at once, or from removing the other's socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "net/peer.h"

#define AGAIN_NS	UINT64_C(100000000)
#define BUFFER		(4 << 20)
#define NEVER		UINT64_MAX

static int new_socket(const struct peer *p)
{
	return socket(AF_UNIX, p->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* More than the default, if this process may have it */
static void connected(struct peer *p, int fd)
{
	static const int size = BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	p->fd = fd;
	p->again_at = NEVER;
	p->readable = true;
	log_line("%s: connected", p->path);
}

/* Return: 0, or -errno */
static int try_connect(struct peer *p, const struct sockaddr_un *addr)
{
	int fd = new_socket(p), ret;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)addr, sizeof(*addr))) {
		connected(p, fd);
		return 0;
	}
	ret = -errno;
	close(fd);
	return ret;
}

/* Nobody listens there: replace a socket that is left from a dead process. */
static int try_listen(struct peer *p, const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, ret;

	if (!lstat(addr->sun_path, &st)) {
		if (!S_ISSOCK(st.st_mode))
			return -EEXIST;
		unlink(addr->sun_path);
	}
	fd = new_socket(p);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
	    !listen(fd, 1)) {
		p->listener = fd;
		p->again_at = NEVER;
		return 0;
	}
	ret = -errno;
	close(fd);
	return ret;
}

/* Connect or listen. Return: 0, or -errno */
static int look(struct peer *p)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char lock[sizeof(addr.sun_path) + 8];
	int fd, ret;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", p->path);
	snprintf(lock, sizeof(lock), "%s.lock", p->path);
	fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	/* The other one holds it for a moment. */
	ret = flock(fd, LOCK_EX) ? -errno : try_connect(p, &addr);
	if (ret == -ECONNREFUSED || ret == -ENOENT)
		ret = try_listen(p, &addr);
	close(fd);
	return ret;
}

int peer_open(struct peer *p, const char *path, int type)
{
	int ret;

	*p = (struct peer){
		.path = path, .type = type, .listener = -1, .fd = -1,
		.again_at = NEVER,
	};
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return parse_bad("--backend: %s: longer than 107 bytes; choose a shorter path",
				 path);
	ret = look(p);
	if (!ret || ret == -EAGAIN) {
		if (ret)
			p->again_at = clock_ns() + AGAIN_NS;
		return 0;
	}
	return parse_bad("--backend: %s: %s; choose another path", path,
			 strerror(-ret));
}

void peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->listener >= 0) {
		/* While it listens, no other process takes the path. */
		unlink(p->path);
		close(p->listener);
	}
}

void peer_lost(struct peer *p)
{
	if (p->fd < 0)
		return;
	close(p->fd);
	p->fd = -1;
	p->readable = false;
	if (p->listener < 0)
		p->again_at = clock_ns() + AGAIN_NS;
	log_line("%s: disconnected", p->path);
}

int peer_fds(const struct peer *p, bool receive, bool send, struct pollfd *fds)
{
	short events = (receive ? POLLIN : 0) | (send ? POLLOUT : 0);

	/* There is one connection; the next one waits until it ends. */
	fds[0] = (struct pollfd){ p->fd < 0 ? p->listener : -1, POLLIN, 0 };
	/* poll(2) reports the end of a connection without any event, too. */
	fds[1] = (struct pollfd){ events ? p->fd : -1, events, 0 };
	return 2;
}

bool peer_handle(struct peer *p, const struct pollfd *fds, int n)
{
	int fd;

	if (n == 2 && fds[1].revents & (POLLIN | POLLHUP | POLLERR))
		p->readable = true;
	if (!fds[0].revents || p->fd >= 0)
		return false;
	fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return false;
	connected(p, fd);
	return true;
}

bool peer_expired(struct peer *p, uint64_t now)
{
	int ret;

	if (p->again_at > now)
		return false;
	ret = look(p);
	if (ret)
		p->again_at = now + AGAIN_NS;
	return !ret && p->fd >= 0;
}
