// SPDX-License-Identifier: GPL-2.0
/*
 * Listening Unix sockets: refuses a path that another process serves, and
 * replaces that of a dead process.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/listen.h"
#include "base/log.h"

#define BACKLOG	8

static int fail(const char *option, const char *path, const char *what)
{
	fprintf(stderr, "vfe-device: %s %s: %s\n", option, path, what);
	return -1;
}

/* Return: whether a process accepts connections there */
static bool is_served(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool served;

	if (fd < 0)
		return true;
	/* A full backlog (EAGAIN) is a sign of life, too. */
	served = !connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
		 (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return served;
}

/* Remove a stale socket. Return: 0, or -1 after a line on stderr */
static int clear_path(const struct sockaddr_un *addr, const char *option)
{
	const char *path = addr->sun_path;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : fail(option, path,
						  strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(option, path,
			    "exists and is no socket; choose another path");
	if (is_served(addr))
		return fail(option, path,
			    "in use by a running process; end it or choose another path");
	if (unlink(path) && errno != ENOENT)
		return fail(option, path, strerror(errno));
	return 0;
}

/* Return: a listening socket at @addr, or -1 after a line on stderr */
static int listen_at(const struct sockaddr_un *addr, const char *option)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail(option, addr->sun_path, strerror(errno));
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		goto err_close;
	if (listen(fd, BACKLOG))
		goto err_unlink;
	return fd;

err_unlink:
	unlink(addr->sun_path);
err_close:
	fail(option, addr->sun_path, strerror(errno));
	close(fd);
	return -1;
}

/*
 * rename() gives the socket its name, so that a client can connect as soon as
 * the name exists.
 */
int listen_unix(const char *path, const char *option)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct sockaddr_un unready = addr;
	int fd;

	if (strlen(path) + 1 >= sizeof(addr.sun_path))
		return fail(option, path,
			    "longer than 106 bytes; choose a shorter path");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	snprintf(unready.sun_path, sizeof(unready.sun_path), "%s~", path);
	if (clear_path(&addr, option) || clear_path(&unready, option))
		return -1;

	fd = listen_at(&unready, option);
	if (fd < 0)
		return -1;
	if (rename(unready.sun_path, addr.sun_path)) {
		fail(option, path, strerror(errno));
		unlink(unready.sun_path);
		close(fd);
		return -1;
	}
	return fd;
}

int listen_accept(int listener)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
