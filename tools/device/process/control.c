// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: answers each line with a line of JSON. It never blocks
 * the event loop; a client that does not read its answer delays only itself.
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

#include "pci/pci.h"
#include "process/listen.h"
#include "base/log.h"
#include "process/process.h"

#define LINE_SIZE	8400	/* inject has a frame of 4 KiB */
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
	struct process *process;
	const char *path;
	int listener;
	uint64_t turn;
	struct session sessions[CONTROL_CLIENTS];
};

struct control *control_new(struct process *p, const char *path)
{
	struct control *c = calloc(1, sizeof(*c));
	int i;

	if (!c)
		return NULL;
	c->process = p;
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
	/* While it listens, no other process takes the path. */
	unlink(c->path);
	close(c->listener);
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
			const struct register_info *r = &register_table[reg];

			if (!c->reg[reg][dir])
				continue;
			say(s, "%s{\"name\":\"%s\",\"window\":\"%s\",\"dir\":\"%s\",\"count\":%llu}",
			    comma, r->name, window_table[r->window].name,
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

/* One object per group of counters of the class */
static void say_class(struct session *s, const struct vdev_class *class,
		      const struct counts *c)
{
	const char *group = NULL;

	for (int i = 0; class->counters[i].name; i++) {
		const struct vdev_counter *counter = &class->counters[i];

		if (!group || strcmp(group, counter->group))
			say(s, "%s,\"%s\":{", group ? "}" : "",
			    counter->group);
		group = counter->group;
		say_number(s, counter->name, c->of_class[i]);
	}
	if (group)
		say(s, "}");
}

static void say_common(struct session *s, const struct counts *c)
{
	say(s, ",\"interrupts\":{");
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

static void do_counters(struct process *p, struct session *s)
{
	const struct counts *c = &p->function.counts;

	say(s, "{\"ok\":true,");
	say_registers(s, c);
	say_class(s, p->options.function.class, c);
	say_common(s, c);
	say_number(s, "doorbells", c->doorbells);
	say_number(s, "kicks", c->reg[VFE_REG_NOTIFY][VFE_WRITE]);
	say_number(s, "notified_ahead", c->notified_ahead);
	say_number(s, "queue_resets", c->queue_resets);
	say_number(s, "status", vdev_status(p->function.vdev));
	say_queues(s, p->function.vdev);
	say(s, "}");
}

static void do_reset(struct process *p, struct session *s)
{
	p->function.counts = (struct counts){};
	say(s, "{\"ok\":true}");
}

static void do_map(struct process *p, struct session *s)
{
	int reg;

	say(s, "{\"ok\":true,\"registers\":[");
	for (reg = 0; reg < VFE_NUM_OWN_REGS; reg++) {
		const struct register_info *r = &register_table[reg];
		const struct window_info *w = &window_table[r->window];

		/* The register window of another class, or there is none */
		if (!bar_has_window(&p->function, r->window))
			continue;
		say(s, "%s{\"name\":\"%s\",\"window\":\"%s\",\"bar\":%u,\"offset\":%u,\"size\":%u}",
		    reg ? "," : "", r->name, w->name, w->bar,
		    w->offset + r->offset, r->size);
	}
	say(s, "]}");
}

static void do_quit(struct process *p, struct session *s)
{
	p->quit = true;
	say(s, "{\"ok\":true}");
}

static const struct command {
	const char *name;
	void (*run)(struct process *p, struct session *s);
} commands[] = {
	{ "counters", do_counters },
	{ "reset", do_reset },
	{ "map", do_map },
	{ "quit", do_quit },
};

#define NUM_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void say_names(struct session *s, const struct vdev_command *list)
{
	for (; list && list->name; list++)
		say(s, ", %s", list->name);
}

static void say_unknown(struct session *s, const struct vdev_class *class,
			const char *line)
{
	say(s, "{\"ok\":false,\"error\":\"unknown command '");
	say_escaped(s, line);
	say(s, "': use ");
	for (size_t i = 0; i < NUM_COMMANDS - 1; i++)
		say(s, "%s%s", i ? ", " : "", commands[i].name);
	say_names(s, class->commands);
	say_names(s, vdev_commands);
	say(s, " or %s\"}", commands[NUM_COMMANDS - 1].name);
}

static bool is_command(const char *name, const char *line, size_t len)
{
	return strlen(name) == len && !strncmp(name, line, len);
}

/* Return: whether the device has this command */
static bool run_vdev_command(struct vdev *v, struct session *s,
			     const struct vdev_command *list,
			     const char *line, const char *arg)
{
	size_t len = strcspn(line, " ");
	char error[1024];

	for (; list && list->name; list++) {
		if (!is_command(list->name, line, len) ||
		    (arg && !list->has_arg))
			continue;
		if (!list->run(v, arg ? arg + 1 : "", error, sizeof(error))) {
			say(s, "{\"ok\":true}");
			return true;
		}
		say(s, "{\"ok\":false,\"error\":\"");
		say_escaped(s, error);
		say(s, "\"}");
		return true;
	}
	return false;
}

static void run_command(struct process *p, struct session *s,
			const char *line)
{
	const struct vdev_class *class = p->options.function.class;
	const char *arg = strchr(line, ' ');
	struct vdev *v = p->function.vdev;

	for (size_t i = 0; i < NUM_COMMANDS && !arg; i++) {
		if (strcmp(commands[i].name, line))
			continue;
		commands[i].run(p, s);
		return;
	}
	if (!run_vdev_command(v, s, class->commands, line, arg) &&
	    !run_vdev_command(v, s, vdev_commands, line, arg))
		say_unknown(s, class, line);
}

static void answer(struct control *c, struct session *s, const char *line)
{
	s->out_len = 0;
	s->out_sent = 0;
	if (s->overlong)
		say_unknown(s, c->process->options.function.class, line);
	else
		run_command(c->process, s, line);
	/* Last, in reserved space: an answer is always a complete line. */
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

/* Answer the first complete line. Return: whether there was one */
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
	/* Keep the beginning of an endless line, for the error message. */
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
