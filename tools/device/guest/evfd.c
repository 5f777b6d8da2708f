// SPDX-License-Identifier: GPL-2.0
/*
 * The client's eventfds: checks them, and writes and reads them without
 * blocking for long. O_NONBLOCK belongs to the open file, so the client can
 * clear it at any time, and then a full counter blocks a write and an empty one
 * a read. A check before each access would slow down every interrupt and still
 * be too early. So a timer ticks while there are eventfds: an access that is
 * older than a tick has its descriptor replaced by one of our own, and the
 * system call, which the signal restarts, finds that.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "guest/evfd.h"

#define TICK_SIGNAL	SIGRTMIN
#define TICK_S		1

/* For the signal handler; a process has one thread, and one access at a time. */
static volatile sig_atomic_t busy = -1;		/* descriptor, -1: no access */
static volatile unsigned int accesses;
static volatile sig_atomic_t held_up;
static int spare = -1;
static timer_t ticker;

static void on_tick(int sig)
{
	static unsigned int seen;
	int error = errno;

	(void)sig;
	if (busy >= 0 && seen == accesses && dup2(spare, busy) >= 0)
		held_up = 1;
	seen = accesses;
	errno = error;
}

int evfd_open(void)
{
	struct sigaction sa = {
		.sa_handler = on_tick,
		.sa_flags = SA_RESTART,
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = TICK_SIGNAL,
	};

	spare = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (spare < 0)
		return -1;
	sigemptyset(&sa.sa_mask);
	if (!sigaction(TICK_SIGNAL, &sa, NULL) &&
	    !timer_create(CLOCK_MONOTONIC, &event, &ticker))
		return 0;
	close(spare);
	spare = -1;
	return -1;
}

void evfd_close(void)
{
	timer_delete(ticker);
	close(spare);
	spare = -1;
}

void evfd_watch(bool on)
{
	struct itimerspec every = {};

	if (on) {
		every.it_interval.tv_sec = TICK_S;
		every.it_value.tv_sec = TICK_S;
	}
	timer_settime(ticker, 0, &every, NULL);
}

/*
 * A client's descriptor may block the only thread, or be ready for ever. Only
 * eventfds do neither. They have no file type, like a few other kinds of
 * descriptors; the name in /proc distinguishes them. Without /proc they are
 * accepted.
 */
static bool is_eventfd(int fd)
{
	char path[32], name[32];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) || (st.st_mode & S_IFMT))
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name) - 1);
	if (n < 0)
		return errno == ENOENT;
	name[n] = '\0';
	return !strcmp(name, "anon_inode:[eventfd]");
}

int evfd_check(int fd)
{
	int flags;

	if (!is_eventfd(fd))
		return -EINVAL;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return -EINVAL;
	return 0;
}

static void begin(int fd)
{
	accesses++;
	busy = fd;
}

static void end(void)
{
	busy = -1;
	if (!held_up)
		return;
	held_up = 0;
	log_line("an eventfd of the client blocked this process: it is not used any more; the client must leave O_NONBLOCK set");
}

bool evfd_signal(int fd)
{
	uint64_t one = 1;
	bool done;

	if (fd < 0)
		return false;
	begin(fd);
	/* EAGAIN: the counter is full, so the client has news already. */
	done = write(fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN;
	end();
	return done;
}

int evfd_take(int fd)
{
	uint64_t value;
	int ret = 0;

	begin(fd);
	if (read(fd, &value, sizeof(value)) != sizeof(value))
		ret = -errno;
	end();
	return ret;
}
