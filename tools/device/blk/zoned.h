/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zones of a host-managed disk (virtio 1.4, 5.2.6): their states and write
 * pointers, which are only in memory.
 */
#ifndef ZONED_H
#define ZONED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct zoned;
struct virtio_blk_config;

/* --zoned; all in sectors of 512 bytes */
struct zoned_options {
	bool on;
	uint32_t zone;
	uint32_t capacity;	/* of a zone, up to its size */
	uint32_t conventional;	/* zones, the first ones */
	uint32_t max_open;	/* 0: as many as there are */
	uint32_t max_active;
	uint32_t max_append;	/* 0: no zone append */
	uint32_t granularity;
};

/**
 * zoned_parse() - read and check the value of --zoned
 * @error: set to the problem, without a newline
 *
 * Return: 0 or -1.
 */
int zoned_parse(struct zoned_options *o, const char *list, char *error,
		size_t size);

/* Return: NULL after a line in the log if there are too many zones */
struct zoned *zoned_new(const struct zoned_options *o, uint64_t capacity);
void zoned_free(struct zoned *z);

void zoned_config(const struct zoned *z, struct virtio_blk_config *c);

/* The following functions return a status of 5.2.6. */

/* Open, close, finish, reset, reset all */
int zoned_manage(struct zoned *z, uint32_t type, uint64_t sector);
/**
 * zoned_report() - report the zones from the one with @sector on
 * @iov: buffers for the report
 * @written: set to its length in bytes
 */
int zoned_report(const struct zoned *z, uint64_t sector,
		 const struct iovec *iov, uint64_t len, uint32_t *written);
int zoned_check_read(const struct zoned *z, uint64_t sector, uint64_t sectors);
/* Make unwritten sectors read as zeroes. */
void zoned_blank(const struct zoned *z, uint64_t sector,
		 const struct iovec *iov, int n);
/*
 * A write may start: its zone is open then. With @append @sector is the zone,
 * and is set to the sector of the data.
 */
int zoned_write_begins(struct zoned *z, bool append, uint64_t *sector,
		       uint64_t sectors);
/* It is done: the write pointer moves on. */
void zoned_write_ends(struct zoned *z, uint64_t sector, uint64_t sectors);

#endif /* ZONED_H */
