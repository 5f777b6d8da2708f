/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network driver in miniature: up to two pairs and a control queue of the
 * device that the unit tests have, with buffers at fixed places.
 */
#ifndef NIC_H
#define NIC_H

#include "guest.h"
#include "net/net.h"

#define NIC_QUEUES	5
#define NIC_SIZE	64
/* The queues of a device with two pairs */
enum { RX0, TX0, RX1, TX1, CTRL };

#define NIC_BUFFER	2048U	/* bytes of a receive buffer */
/* Memory that is a test's own */
#define NIC_DATA	(RAM_BASE + 0x180000)

struct nic {
	struct guest *main;
	struct guest q[NIC_QUEUES];
	unsigned int ctrl;	/* index of the control queue in @q */
	unsigned int hdr_len;
};

/* Options of the tests' device: those of the class, changed by a test */
extern struct net_options nic_options;
void with_nic(struct options *o);
void with_two_pairs(struct options *o);

/* Negotiate the offered ones of @features, set up all queues, DRIVER_OK */
void nic_start(struct nic *n, struct guest *g, uint64_t features);
/* Give @count receive buffers of @len bytes to queue @index */
void nic_fill(struct nic *n, unsigned int index, unsigned int count,
	      uint32_t len);
/* Send a frame; @hdr may be NULL. Return: whether it was used */
bool nic_send(struct nic *n, unsigned int index, const struct vfe_net_hdr *hdr,
	      const void *frame, uint32_t len);
/*
 * Take a received frame of one or more buffers; @hdr, @frame: filled in.
 * Return: its length, or -1 if there is none
 */
int nic_receive(struct nic *n, unsigned int index, struct vfe_net_hdr *hdr,
		uint8_t *frame);
/* A command. Return: its ack, or -1 if it is not used; @answer: behind ack */
int nic_command(struct nic *n, uint8_t class, uint8_t number,
		const void *data, uint32_t len, void *answer, uint32_t room);
/* Let the device work. */
void nic_poll(struct nic *n);

/* A UDP or TCP frame over IPv4 or IPv6, with right checksums; its length */
uint32_t make_frame(uint8_t *frame, bool v6, bool tcp, uint32_t payload);
/* Are all its checksums right? */
bool frame_is_right(const uint8_t *frame, uint32_t len);

#endif /* NIC_H */
