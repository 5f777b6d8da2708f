/* SPDX-License-Identifier: GPL-2.0 */
/* Which frames the driver wants (virtio 1.4, 5.1.9.5.1 to .3). */
#ifndef NET_FILTER_H
#define NET_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "net/packet.h"

/* Addresses of a kind; of more than these, all pass. */
#define FILTER_ADDRESSES	64U

struct filter_table {
	uint8_t mac[FILTER_ADDRESSES][MAC_LEN];
	uint32_t n;		/* more than there is room for: all */
};

struct filter {
	/* by command of VIRTIO_NET_CTRL_RX */
	bool mode[6];
	struct filter_table unicast, multicast;
	bool by_vlan;
	uint8_t vlans[4096 / 8];
};

/*
 * A driver that can set addresses (@by_mac) or VLANs (@by_vlan) gets only frames
 * that pass such a filter, from now on.
 */
void filter_reset(struct filter *f, bool by_mac, bool by_vlan);
bool filter_passes(const struct filter *f, const uint8_t *own,
		   const uint8_t *frame, const struct packet *p);
void filter_set_vlan(struct filter *f, uint16_t vlan, bool on);

#endif /* NET_FILTER_H */
