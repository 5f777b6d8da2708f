// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: a line in, a line of JSON out. It answers from the event
 * loop without ever blocking it; a client that does not read its answer waits
 * alone.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

#define LINE_SIZE	256
#define ANSWER_SIZE	32768

struct session {
	int fd;			/* -1: free */
	uint64_t turn;		/* of its last activity */
	size_t have;
	bool overlong;		/* the line is longer than this: no command */
	char line[LINE_SIZE];
	size_t out_len;
	size_t out_sent;
	char out[ANSWER_SIZE];
};

struct control {
	struct device *device;
	const char *path;
	int listener;
	uint64_t turn;
	struct session sessions[CONTROL_CLIENTS];
};

struct control *control_new(struct device *d, const char *path)
{
	struct control *c = calloc(1, sizeof(*c));
	int i;

	if (!c)
		return NULL;
	c->device = d;
	c->path = path;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		c->sessions[i].fd = -1;
	c->listener = listen_unix(path, "--control");
	if (c->listener < 0) {
		free(c);
		return NULL;
	}
	return c;
}

static void end(struct session *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void control_free(struct control *c)
{
	int i;

	if (!c)
		return;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		end(&c->sessions[i]);
	close(c->listener);
	unlink(c->path);
	free(c);
}

static void __attribute__((format(printf, 2, 3)))
say(struct session *s, const char *fmt, ...)
{
	size_t room = sizeof(s->out) - s->out_len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(s->out + s->out_len, room, fmt, args);
	va_end(args);
	if (n > 0)
		s->out_len += (size_t)n < room ? (size_t)n : room - 1;
}

/* Input is echoed as JSON text: replace characters that need an escape. */
static void say_escaped(struct session *s, const char *text)
{
	for (; *text; text++)
		say(s, "%c", isprint((unsigned char)*text) &&
		    *text != '"' && *text != '\\' ? *text : '?');
}

static void say_registers(struct session *s, const struct counts *c)
{
	static const char *const dirs[VFE_NUM_DIRS] = { "read", "write" };
	const char *comma = "";
	int reg, dir;

	say(s, "\"registers\":[");
	for (reg = 0; reg < VFE_NUM_REGS; reg++) {
		for (dir = 0; dir < VFE_NUM_DIRS; dir++) {
			struct register_info info;

			if (!c->reg[reg][dir])
				continue;
			counts_register(reg, &info);
			say(s, "%s{\"name\":\"%s\",\"window\":\"%s\",\"dir\":\"%s\",\"count\":%llu}",
			    comma, info.name, counts_window_name(info.window),
			    dirs[dir], (unsigned long long)c->reg[reg][dir]);
			comma = ",";
		}
	}
	say(s, "]");
}

static void say_number(struct session *s, const char *name, uint64_t value)
{
	/* After an opening brace there is no comma. */
	say(s, "%s\"%s\":%llu",
	    s->out_len && s->out[s->out_len - 1] == '{' ? "" : ",", name,
	    (unsigned long long)value);
}

static void say_requests(struct session *s, const struct counts *c)
{
	say(s, ",\"requests\":{");
	say_number(s, "read", c->requests_read);
	say_number(s, "write", c->requests_write);
	say_number(s, "flush", c->requests_flush);
	say_number(s, "discard", c->requests_discard);
	say_number(s, "write_zeroes", c->requests_write_zeroes);
	say_number(s, "get_id", c->requests_get_id);
	say_number(s, "secure_erase", c->requests_secure_erase);
	say_number(s, "zone", c->requests_zone);
	say_number(s, "error", c->requests_error);
	say(s, "},\"bytes\":{");
	say_number(s, "read", c->bytes_read);
	say_number(s, "write", c->bytes_written);
	say(s, "},\"interrupts\":{");
	say_number(s, "msix", c->msix_raised);
	say_number(s, "intx", c->intx_raised);
	say_number(s, "suppressed", c->interrupts_suppressed);
	say(s, "},\"unknown\":{");
	say_number(s, "read", c->unknown[VFE_READ]);
	say_number(s, "write", c->unknown[VFE_WRITE]);
	say(s, "}");
}

static void say_queues(struct session *s, const struct vdev *v)
{
	uint16_t size, avail, used;
	unsigned int i;

	say(s, ",\"queues\":[");
	for (i = 0; vdev_queue_state(v, i, &size, &avail, &used); i++)
		say(s, "%s{\"index\":%u,\"size\":%u,\"avail_idx\":%u,\"used_idx\":%u}",
		    i ? "," : "", i, size, avail, used);
	say(s, "]");
}

static void do_counters(struct device *d, struct session *s, const char *arg)
{
	const struct counts *c = &d->counts;

	(void)arg;
	say(s, "{\"ok\":true,");
	say_registers(s, c);
	say_requests(s, c);
	say_number(s, "doorbells", c->doorbells);
	say_number(s, "kicks", c->reg[VFE_REG_NOTIFY][VFE_WRITE]);
	say_number(s, "notified_ahead", c->notified_ahead);
	say_number(s, "queue_resets", c->queue_resets);
	say_number(s, "status", vdev_status(d->vdev));
	say_queues(s, d->vdev);
	say(s, "}");
}

static void do_reset(struct device *d, struct session *s, const char *arg)
{
	(void)arg;
	d->counts = (struct counts){};
	say(s, "{\"ok\":true}");
}

static void do_map(struct device *d, struct session *s, const char *arg)
{
	int reg;

	(void)d;
	(void)arg;
	say(s, "{\"ok\":true,\"registers\":[");
	for (reg = 0; reg < VFE_NUM_OWN_REGS; reg++) {
		struct register_info info;

		counts_register(reg, &info);
		say(s, "%s{\"name\":\"%s\",\"window\":\"%s\",\"bar\":%u,\"offset\":%u,\"size\":%u}",
		    reg ? "," : "", info.name, counts_window_name(info.window),
		    info.bar, info.bar_offset, info.size);
	}
	say(s, "]}");
}

static void do_resize(struct device *d, struct session *s, const char *arg)
{
	unsigned long long bytes;
	char *rest;
	int ret;

	errno = 0;
	bytes = strtoull(arg, &rest, 10);
	if (!isdigit((unsigned char)*arg) || *rest || errno || !bytes ||
	    bytes % VFE_SECTOR_SIZE || bytes > INT64_MAX) {
		say(s, "{\"ok\":false,\"error\":\"resize: use a number of bytes, a multiple of 512\"}");
		return;
	}
	/* The zones are those of the disk as it was when the process began. */
	ret = d->options.zoned.on ? -EOPNOTSUPP :
	      backend_resize(d->backend, bytes);
	if (ret) {
		say(s, "{\"ok\":false,\"error\":\"resize to %llu bytes: %s\"}",
		    bytes, strerror(-ret));
		return;
	}
	vdev_capacity_changed(d->vdev);
	say(s, "{\"ok\":true}");
}

static void do_stall(struct device *d, struct session *s, const char *arg)
{
	char *rest;
	double seconds = strtod(arg, &rest);

	if (!isdigit((unsigned char)*arg) || *rest ||
	    !(seconds <= SERVICE_MAX_STALL_S)) {
		say(s, "{\"ok\":false,\"error\":\"stall: use a number of seconds, at most %u\"}",
		    SERVICE_MAX_STALL_S);
		return;
	}
	service_stall(d->vdev, seconds);
	say(s, "{\"ok\":true}");
}

/* Hand the number @arg on to @set. */
static void with_number(struct device *d, struct session *s, const char *arg,
			void (*set)(struct vdev *v, uint64_t n))
{
	unsigned long long n;
	char *rest;

	errno = 0;
	n = strtoull(arg, &rest, 10);
	if (!isdigit((unsigned char)*arg) || *rest || errno) {
		say(s, "{\"ok\":false,\"error\":\"fail, seed: use a whole number\"}");
		return;
	}
	set(d->vdev, n);
	say(s, "{\"ok\":true}");
}

static void do_fail(struct device *d, struct session *s, const char *arg)
{
	with_number(d, s, arg, service_fail);
}

static void do_seed(struct device *d, struct session *s, const char *arg)
{
	with_number(d, s, arg, service_seed);
}

static void do_service(struct device *d, struct session *s, const char *arg)
{
	if (service_change(d->vdev, arg))
		say(s, "{\"ok\":true}");
	else
		say(s, "{\"ok\":false,\"error\":\"service: use %s, on a device begun with --service\"}",
		    SERVICE_MODELS);
}

/*
 * The list takes the place of the one before. What the driver sees at its
 * probe changes with the next reset of the function.
 */
static void do_quirk(struct device *d, struct session *s, const char *arg)
{
	struct quirks fresh = {};
	char error[1024];

	if (!*arg) {
		say(s, "{\"ok\":false,\"error\":\"quirk: name some, or none\"}");
		return;
	}
	if (strcmp(arg, "none") &&
	    quirk_parse(&fresh, arg, error, sizeof(error))) {
		say(s, "{\"ok\":false,\"error\":\"quirk ");
		say_escaped(s, error);
		say(s, "\"}");
		return;
	}
	d->options.quirks = fresh;
	log_line("quirks: %s", arg);
	say(s, "{\"ok\":true}");
}

static void do_interrupt(struct device *d, struct session *s, const char *arg)
{
	(void)arg;
	vdev_interrupt_all(d->vdev);
	say(s, "{\"ok\":true}");
}

static void do_drop_driver_ok(struct device *d, struct session *s,
			      const char *arg)
{
	(void)arg;
	vdev_drop_driver_ok(d->vdev);
	say(s, "{\"ok\":true}");
}

static void do_quit(struct device *d, struct session *s, const char *arg)
{
	(void)arg;
	d->quit = true;
	say(s, "{\"ok\":true}");
}

static const struct {
	const char *name;
	bool has_arg;
	void (*run)(struct device *d, struct session *s, const char *arg);
} commands[] = {
	{ "counters", false, do_counters },
	{ "reset", false, do_reset },
	{ "map", false, do_map },
	{ "resize", true, do_resize },
	{ "stall", true, do_stall },
	{ "fail", true, do_fail },
	{ "service", true, do_service },
	{ "seed", true, do_seed },
	{ "quirk", true, do_quirk },
	{ "interrupt", false, do_interrupt },
	{ "drop-driver-ok", false, do_drop_driver_ok },
	{ "quit", false, do_quit },
};

static void say_unknown(struct session *s, const char *line)
{
	say(s, "{\"ok\":false,\"error\":\"unknown command '");
	say_escaped(s, line);
	say(s, "': use counters, reset, map, resize, stall, fail, service, seed, quirk, interrupt, drop-driver-ok or quit\"}");
}

static void answer(struct control *c, struct session *s, char *line)
{
	char *arg = strchr(line, ' ');
	size_t i, len = arg ? (size_t)(arg - line) : strlen(line);

	s->out_len = 0;
	s->out_sent = 0;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!s->overlong && strlen(commands[i].name) == len &&
		    !strncmp(commands[i].name, line, len) &&
		    (commands[i].has_arg || !arg)) {
			commands[i].run(c->device, s, arg ? arg + 1 : "");
			break;
		}
	}
	if (!s->out_len)
		say_unknown(s, line);
	/* Last, and with room of its own: an answer is a whole line. */
	s->out[s->out_len++] = '\n';
}

static void send_answer(struct session *s)
{
	ssize_t n = send(s->fd, s->out + s->out_sent, s->out_len - s->out_sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end(s);
		return;
	}
	s->out_sent += n;
	if (s->out_sent == s->out_len)
		s->out_len = 0;
}

/* Answer the first whole line. Return: whether there was one */
static bool take_line(struct control *c, struct session *s)
{
	char *newline = memchr(s->line, '\n', s->have);
	size_t used;

	if (!newline)
		return false;
	used = newline + 1 - s->line;
	*newline = '\0';
	if (newline > s->line && newline[-1] == '\r')
		newline[-1] = '\0';
	answer(c, s, s->line);
	s->overlong = false;
	s->have -= used;
	memmove(s->line, s->line + used, s->have);
	return true;
}

static void receive(struct control *c, struct session *s)
{
	ssize_t n = recv(s->fd, s->line + s->have, sizeof(s->line) - s->have,
			 MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(s);
		return;
	}
	s->have += n;
	s->turn = ++c->turn;
	while (s->fd >= 0 && !s->out_len && take_line(c, s))
		send_answer(s);
	/* Keep the beginning of an endless line, for the complaint about it. */
	if (s->have == sizeof(s->line)) {
		s->overlong = true;
		s->have = sizeof(s->line) / 4;
	}
}

static void accept_session(struct control *c)
{
	int fd = listen_accept(c->listener);
	struct session *s = &c->sessions[0];
	int i;

	if (fd < 0)
		return;
	/* All are in use: close the connection that was silent longest. */
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->sessions[i].fd < 0) {
			s = &c->sessions[i];
			break;
		}
		if (c->sessions[i].turn < s->turn)
			s = &c->sessions[i];
	}
	end(s);
	s->fd = fd;
	s->turn = ++c->turn;
	s->have = 0;
	s->overlong = false;
	s->out_len = 0;
}

int control_poll_fds(struct control *c, struct pollfd *fds)
{
	int i;

	fds[0] = (struct pollfd){ c->listener, POLLIN, 0 };
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		struct session *s = &c->sessions[i];

		fds[i + 1] = (struct pollfd){
			s->fd, s->out_len ? POLLOUT : POLLIN, 0
		};
	}
	return CONTROL_CLIENTS + 1;
}

void control_handle(struct control *c, const struct pollfd *fds, int n)
{
	int i;

	for (i = 1; i < n; i++) {
		struct session *s = &c->sessions[i - 1];

		if (s->fd < 0 || !fds[i].revents)
			continue;
		if (s->out_len)
			send_answer(s);
		while (s->fd >= 0 && !s->out_len && take_line(c, s))
			send_answer(s);
		if (s->fd >= 0 && !s->out_len)
			receive(c, s);
	}
	if (fds[0].revents)
		accept_session(c);
}
