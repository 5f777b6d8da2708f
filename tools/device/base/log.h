/* SPDX-License-Identifier: GPL-2.0 */
/* The log: one line each, with the time and the device's name in front. */
#ifndef LOG_H
#define LOG_H

/* The device's name is that of its socket; @path stays there. */
void log_name(const char *path);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* LOG_H */
