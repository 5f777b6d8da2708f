/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client in miniature for the unit tests of the transport half: a whole
 * device without a process around it, and the other end of its socket, with
 * every field of every message open to abuse. Only the log is replaced.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "blk/blk.h"
#include "pci/pci.h"
#include "vfio/vfio_user.h"
#include "tap.h"

#define SECTORS		64ULL
#define NO_ANSWER	0xffffU

struct client {
	struct blk_options blk;
	struct options o;
	struct blk *disk_state;
	struct function f;
	struct vu_client *server;
	int disk;
	int fd;			/* the client's end */
	int event[5];		/* eventfds of tap_fixture() */
	uint16_t ident;		/* of the last message */
	/* the last reply, without its header */
	struct vu_header reply;
	uint8_t payload[VU_MAX_PAYLOAD];
	size_t len;
	int reply_fd;		/* or -1 */
};

/* The device, connected, before VERSION */
void client_open(struct client *c, void (*change)(struct options *o));
void client_close(struct client *c);
void client_connect(struct client *c);
/* Hang up and let the device notice. */
void client_hang_up(struct client *c);
/* The usual VERSION exchange */
void client_greet(struct client *c);
/* client_open() and client_greet(), with the bus mastered */
void client_start(struct client *c, void (*change)(struct options *o));

/* Bytes as they are, with descriptors */
void client_send(struct client *c, const void *data, size_t len,
		 const int *fds, int num_fds);
/* A message with a right header. The device has not looked at it yet. */
void client_post(struct client *c, uint16_t command, uint32_t flags,
		 const void *payload, size_t len, const int *fds, int num_fds);
/* Take a reply that is there. Return: false if there is none */
bool client_receive(struct client *c);
/*
 * Post, let the device handle it, receive. Return: 0, the errno of an error
 * reply, or NO_ANSWER.
 */
unsigned int client_command(struct client *c, uint16_t command,
			    const void *payload, size_t len);
unsigned int client_command_fds(struct client *c, uint16_t command,
				const void *payload, size_t len,
				const int *fds, int num_fds);

/* How many descriptors this process has open */
unsigned int open_fds(void);
/* A file in memory of @pages */
int memory_file(unsigned int pages);

unsigned int dma_map(struct client *c, uint64_t gpa, uint64_t size, int fd,
		     uint64_t offset, uint32_t flags);
unsigned int dma_unmap(struct client *c, uint64_t gpa, uint64_t size);

extern const struct test message_tests[];
extern const struct test command_tests[];
extern const struct test gmem_tests[];
extern const struct test irq_tests[];
extern const struct test pci_tests[];
extern const struct test window_tests[];
extern const struct test net_window_tests[];
extern const struct test scsi_window_tests[];
extern const struct test fault_tests[];

#endif /* CLIENT_H */
