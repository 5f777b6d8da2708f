// SPDX-License-Identifier: GPL-2.0
/*
 * The log: one line an event, with the time and the device's name in front.
 * A guest can cause log lines at will, so their rate is bounded.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define LOG_BURST	200	/* lines at once */
#define LOG_RATE	20	/* lines a second after that */

static struct {
	int fd;
	char name[64];
	time_t second;		/* when tokens were last added */
	unsigned int tokens;
	unsigned long dropped;
} logger = { .fd = STDERR_FILENO, .name = "vfe-device", .tokens = LOG_BURST };

int log_open(const char *path, const char *name)
{
	const char *base = strrchr(name, '/');
	int fd;

	snprintf(logger.name, sizeof(logger.name), "%s",
		 base ? base + 1 : name);
	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0) {
		fprintf(stderr,
			"vfe-device: --log %s: %m; choose a file that can be written\n",
			path);
		return -1;
	}
	logger.fd = fd;
	return 0;
}

static void emit(const char *text)
{
	char line[512];
	struct timespec now;
	struct tm tm;
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	n = snprintf(line, sizeof(line), "%02d:%02d:%02d.%03ld %s: %s",
		     tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000,
		     logger.name, text);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	/* A log that cannot be written must not stop the device. */
	if (write(logger.fd, line, n) < 0)
		return;
}

/* Return: whether a line may be written now */
static bool take_token(void)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != logger.second) {
		time_t passed = now.tv_sec - logger.second;

		logger.second = now.tv_sec;
		if (passed > LOG_BURST / LOG_RATE)
			passed = LOG_BURST / LOG_RATE;
		logger.tokens += passed * LOG_RATE;
		if (logger.tokens > LOG_BURST)
			logger.tokens = LOG_BURST;
	}
	if (!logger.tokens) {
		logger.dropped++;
		return false;
	}
	logger.tokens--;
	if (logger.dropped) {
		snprintf(text, sizeof(text), "%lu lines left out",
			 logger.dropped);
		logger.dropped = 0;
		emit(text);
	}
	return true;
}

void log_line(const char *fmt, ...)
{
	char text[400];
	va_list args;

	if (!take_token())
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	emit(text);
}
