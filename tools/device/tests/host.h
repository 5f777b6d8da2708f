/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SCSI driver in miniature: the queues of the device that the unit tests
 * have, and commands to its units.
 */
#ifndef HOST_H
#define HOST_H

#include "guest.h"
#include "scsi/command.h"

#define HOST_QUEUES	4	/* control, event, two for requests */
#define HOST_SIZE	64
#define HOST_SLOTS	16	/* requests at once */

#define UNIT_BYTES	0x100000ULL
#define UNIT_512	(UNIT_BYTES / 512)

/* Where a driver of these tests has data; two megabytes, in two mappings */
#define HOST_DATA	(RAM_BASE + 0x80000)
#define HOST_DATA_LEN	0x100000U

/* The units of with_host(); each has disk_byte() in it */
enum host_unit {
	UNIT_PLAIN,		/* 0:0, blocks of 512 */
	UNIT_LARGE,		/* 0:1, blocks of 4096 */
	UNIT_READONLY,		/* 5:300 */
	UNIT_PROTECTED,		/* 255:16383; type 1, only with_protection() */
	NUM_HOST_UNITS
};

struct host {
	struct guest *main;
	struct guest q[HOST_QUEUES];
	unsigned int slot;	/* the next one to use */
	unsigned int queue;	/* the request queue to use */
	/* of the last response */
	uint8_t response;
	uint8_t status;
	uint32_t residual;
	uint32_t sense_len;
	uint32_t used;		/* the used length */
	uint8_t sense[SCSI_SENSE_MOST];
	uint32_t code;		/* a SENSE(), 0 without sense data */
};

/* Options of the tests' device */
extern struct scsi_options host_options;
void with_host(struct options *o);
void with_protection(struct options *o);
/* The same with --quirk, or with a long service time */
void with_host_quirks(struct options *o);
void with_slow_host(struct options *o);
/* The file of a unit, and its contents as they were at first */
int host_file(enum host_unit which);
void host_restore(void);

/* Negotiate the offered ones of @features, set up all queues, DRIVER_OK */
void host_start(struct host *h, struct guest *g, uint64_t features);
/* The same, and every unit has reported that it was reset */
void host_ready(struct host *h, struct guest *g, uint64_t features);

/* A request of parts; NULL for none of them */
struct ask {
	enum host_unit unit;
	const uint8_t *lun;	/* instead of the unit's address */
	const uint8_t *cdb;
	unsigned int cdb_len;
	const void *out;	/* to be put at HOST_DATA; NULL: as it is there */
	uint32_t out_len;
	uint32_t in_len;	/* at HOST_DATA */
	uint64_t id;
	uint32_t pi_out, pi_in;	/* bytes, with T10_PI; right before the data */
};

/* Make it available. Return: its slot */
unsigned int host_submit(struct host *h, const struct ask *a);
/* The response of this slot, as far as it is there. Return: whether it was used */
bool host_answered(struct host *h, unsigned int slot);
/* Return: 0 if it is completed with GOOD, otherwise -1; see @h */
int host_ask(struct host *h, const struct ask *a);
/* The same without data */
int host_plain(struct host *h, enum host_unit unit, const void *cdb,
	       unsigned int cdb_len);
/* The same with a buffer to read into */
int host_in(struct host *h, enum host_unit unit, const void *cdb,
	    unsigned int cdb_len, uint32_t len);
int host_out(struct host *h, enum host_unit unit, const void *cdb,
	     unsigned int cdb_len, const void *data, uint32_t len);
uint8_t *host_data(struct host *h);

/* Task management. Return: the response, or -1 if it is not used */
int host_tmf(struct host *h, uint32_t subtype, const uint8_t *lun, uint64_t id);
void host_address(enum host_unit unit, uint8_t *lun);

/* Buffers for events */
void host_give_events(struct host *h, unsigned int n);
/* Return: whether there was one */
bool host_event(struct host *h, struct vfe_scsi_event *e);
/* A command of the control socket. Return: 0 or -1, with @host_error */
extern char host_error[1024];
int host_control(struct host *h, const char *name, const char *arg);

#define CDB(...) ((const uint8_t[]){ __VA_ARGS__ }), \
	sizeof((const uint8_t[]){ __VA_ARGS__ })

#endif /* HOST_H */
