/* SPDX-License-Identifier: GPL-2.0 */
/* The log: one line each, with the time and the device's name in front. */
#ifndef LOG_H
#define LOG_H

/* Return: 0, or -1 after one line on stderr. @path NULL: stderr */
int log_open(const char *path, const char *name);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* LOG_H */
