// SPDX-License-Identifier: GPL-2.0
/* Which frames the driver wants: modes, addresses and VLANs. */
#include <string.h>
#include <vfe/wire_net.h>

#include "net/filter.h"

void filter_reset(struct filter *f, bool by_mac, bool by_vlan)
{
	memset(f, 0, sizeof(*f));
	f->mode[VIRTIO_NET_CTRL_RX_PROMISC] = !by_mac;
	f->by_vlan = by_vlan;
}

void filter_set_vlan(struct filter *f, uint16_t vlan, bool on)
{
	uint8_t bit = 1U << vlan % 8;

	if (on)
		f->vlans[vlan / 8] |= bit;
	else
		f->vlans[vlan / 8] &= ~bit;
}

static bool has(const struct filter_table *t, const uint8_t *mac)
{
	if (t->n > FILTER_ADDRESSES)
		return true;
	for (uint32_t i = 0; i < t->n; i++) {
		if (!memcmp(t->mac[i], mac, MAC_LEN))
			return true;
	}
	return false;
}

static bool passes_mac(const struct filter *f, const uint8_t *own,
		       const uint8_t *mac)
{
	static const uint8_t broadcast[MAC_LEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};

	if (f->mode[VIRTIO_NET_CTRL_RX_PROMISC])
		return true;
	if (!memcmp(mac, broadcast, MAC_LEN))
		return !f->mode[VIRTIO_NET_CTRL_RX_NOBCAST];
	if (is_multicast(mac))
		return !f->mode[VIRTIO_NET_CTRL_RX_NOMULTI] &&
		       (f->mode[VIRTIO_NET_CTRL_RX_ALLMULTI] ||
			has(&f->multicast, mac));
	return !f->mode[VIRTIO_NET_CTRL_RX_NOUNI] &&
	       (f->mode[VIRTIO_NET_CTRL_RX_ALLUNI] ||
		!memcmp(mac, own, MAC_LEN) || has(&f->unicast, mac));
}

bool filter_passes(const struct filter *f, const uint8_t *own,
		   const uint8_t *frame, const struct packet *p)
{
	if (f->by_vlan && p->tagged &&
	    !(f->vlans[p->vlan / 8] & 1U << p->vlan % 8))
		return false;
	return passes_mac(f, own, frame);
}
