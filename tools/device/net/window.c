// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of a network interface, a port of the link beside the
 * virtio queues: packet memory, the receive ring, the frame to send.
 * include/vfe/wire_window_net.h has the registers. Every page and count that
 * the driver wrote is checked when it is used.
 */
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <vfe/wire_window_net.h>

#include "net/net.h"
#include "pci/window.h"

#define PAIR		0	/* of the link, the only one that is used */
#define PAGES		VFE_NET_MAX_PAGES
#define MEMORY		(PAGES * VFE_NET_PAGE_SIZE)
#define HEADER		sizeof(struct vfe_net_packet)

enum reg_offset {
	REG_COMMAND = 0x00,
	REG_REMOTE_ADDRESS = 0x04,
	REG_REMOTE_COUNT = 0x08,
	REG_TRANSMIT_PAGE = 0x0c,
	REG_TRANSMIT_COUNT = 0x10,
	REG_BOUNDARY = 0x14,
	REG_CURRENT = 0x20,
	REG_INTERRUPT_STATUS = 0x24,
	REG_INTERRUPT_MASK = 0x28,
	REG_RECEIVE_CONFIG = 0x2c,
	REG_RECEIVE_START = 0x30,
	REG_RECEIVE_STOP = 0x34,
	REG_STATION_LO = 0x38,
	REG_STATION_HI = 0x3c,
};

struct net_window {
	struct window w;
	bool started;
	bool transmitting;	/* the link has no room for the frame */
	bool refused;

	/* The ring as of the last START; the driver has moved boundary since. */
	uint32_t start, stop, boundary, current;
	uint8_t station[6];
	uint32_t missed;

	/* What was written, unchecked */
	uint32_t remote_address, remote_count;
	uint32_t transmit_page, transmit_count;
	uint32_t new_boundary, new_start, new_stop;
	uint32_t station_lo, station_hi;
	uint32_t receive_config;
	uint32_t interrupts, mask;

	uint8_t memory[MEMORY];
};

static const struct net_port window_port;

static struct net_window *to_net(struct window *w)
{
	return (struct net_window *)w;
}

static_assert(!offsetof(struct net_window, w), "to_net() casts");

static struct net *net_of_window(const struct net_window *w)
{
	return w->w.state;
}

static void count(struct net_window *w, enum net_count which, uint64_t by)
{
	w->w.counts->of_class[which] += by;
}

static bool pending(const struct window *base)
{
	const struct net_window *w = (const struct net_window *)base;

	return w->interrupts & w->mask;
}

static void interrupt(struct net_window *w, uint32_t which)
{
	w->interrupts |= which;
	window_update_line(&w->w);
}

/* Start, stop */

static void detach(struct net_window *w)
{
	struct net *n = net_of_window(w);

	w->started = false;
	w->transmitting = false;
	if (link_is_attached(n->link, &window_port, w))
		link_attach(n->link, NULL, NULL);
}

static void reset(struct window *base)
{
	struct net_window *w = to_net(base);

	detach(w);
	memset((char *)w + sizeof(w->w), 0, sizeof(*w) - sizeof(w->w));
}

static bool ring_is_valid(const struct net_window *w)
{
	return w->new_start >= 1 && w->new_start < w->new_stop &&
	       w->new_stop <= PAGES && w->new_boundary >= w->new_start &&
	       w->new_boundary < w->new_stop;
}

static void start(struct net_window *w)
{
	struct net *n = net_of_window(w);
	uint32_t lo = htole32(w->station_lo), hi = htole32(w->station_hi);

	detach(w);
	if (!ring_is_valid(w))
		return;
	w->start = w->new_start;
	w->stop = w->new_stop;
	w->boundary = w->new_boundary;
	w->current = w->boundary;
	memcpy(w->station, &lo, 4);
	memcpy(w->station + 4, &hi, 2);
	w->missed = 0;
	w->started = true;
	link_attach(n->link, &window_port, w);
}

/* Transmit */

/* Where the frame to send is, or NULL if it is no frame in packet memory */
static const uint8_t *frame_to_send(const struct net_window *w)
{
	if (w->transmit_page < 1 || w->transmit_page >= PAGES ||
	    w->transmit_count < VFE_NET_WINDOW_MIN ||
	    w->transmit_count > VFE_NET_WINDOW_FRAME ||
	    w->transmit_count > MEMORY - w->transmit_page * VFE_NET_PAGE_SIZE)
		return NULL;
	return w->memory + w->transmit_page * VFE_NET_PAGE_SIZE;
}

static void transmitted(struct net_window *w, bool refused)
{
	w->transmitting = false;
	w->refused = refused;
	interrupt(w, VFE_NET_INT_TRANSMITTED);
}

/*
 * The registers and the frame may have changed while the link had no room, so
 * look at them only here.
 */
static void transmit(struct net_window *w)
{
	struct net *n = net_of_window(w);
	const uint8_t *data = frame_to_send(w);
	uint32_t len = w->transmit_count;
	struct net_frame *f;

	if (!data) {
		count(w, NET_TX_MALFORMED, 1);
		transmitted(w, true);
		return;
	}
	f = link_frame(n->link, PAIR);
	w->transmitting = !f;
	if (!f)
		return;
	memset(&f->hdr, 0, sizeof(f->hdr));
	memcpy(f->data, data, len);
	f->len = len;
	if (link_send(n->link, PAIR, 0)) {
		count(w, NET_TX_MALFORMED, 1);
	} else {
		count(w, NET_TX_FRAMES, 1);
		count(w, NET_TX_BYTES, len);
	}
	transmitted(w, false);
	link_flush(n->link, PAIR);
	/* The answer may be there already. */
	if (!n->backend->ops->fds)
		link_poll(n->link);
}

static void can_send(void *state, unsigned int pair)
{
	struct net_window *w = state;

	if (pair == PAIR && w->transmitting)
		transmit(w);
}

static void command(struct net_window *w, uint32_t value)
{
	if (value & VFE_NET_CMD_STOP)
		detach(w);
	if (value & VFE_NET_CMD_START)
		start(w);
	if (value & VFE_NET_CMD_TRANSMIT && w->started && !w->transmitting)
		transmit(w);
}

static uint32_t state(struct net_window *w)
{
	return (w->started ? VFE_NET_STATE_STARTED : 0) |
	       (w->transmitting ? VFE_NET_STATE_TRANSMITTING : 0) |
	       (w->refused ? VFE_NET_STATE_REFUSED : 0) |
	       (link_is_up(net_of_window(w)->link) ? VFE_NET_STATE_LINK : 0);
}

/* Receive */

/* The driver does nothing of what the link can do. */
static uint32_t offloads(void *state_of_port)
{
	(void)state_of_port;
	return 0;
}

static bool is_wanted(const struct net_window *w, const struct net_frame *f)
{
	static const uint8_t broadcast[6] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};

	if (w->receive_config & VFE_NET_RX_PROMISCUOUS ||
	    !memcmp(f->data, w->station, sizeof(w->station)))
		return true;
	if (!memcmp(f->data, broadcast, sizeof(broadcast)))
		return w->receive_config & VFE_NET_RX_BROADCAST;
	return f->data[0] & 1 && w->receive_config & VFE_NET_RX_MULTICAST;
}

static uint32_t pages_of(uint32_t bytes)
{
	return (bytes + VFE_NET_PAGE_SIZE - 1) / VFE_NET_PAGE_SIZE;
}

static bool has_room(const struct net_window *w, uint32_t pages)
{
	uint32_t size = w->stop - w->start;
	uint32_t used = (w->current + size - w->boundary) % size;

	return pages < size - used;
}

/* Write to the ring, from the page @current on. Return: the next page */
static uint32_t write_ring(struct net_window *w, const struct net_frame *f)
{
	uint32_t size = w->stop - w->start, len = HEADER + f->len;
	uint32_t next = w->start +
			(w->current - w->start + pages_of(len)) % size;
	uint32_t at = w->current * VFE_NET_PAGE_SIZE + HEADER;
	uint32_t first = w->stop * VFE_NET_PAGE_SIZE - at;
	struct vfe_net_packet p = {
		.status = VFE_NET_PACKET_OK |
			  (f->data[0] & 1 ? VFE_NET_PACKET_GROUP : 0),
		.next = next,
		.length = htole16(len),
	};

	memcpy(w->memory + w->current * VFE_NET_PAGE_SIZE, &p, sizeof(p));
	if (first > f->len)
		first = f->len;
	memcpy(w->memory + at, f->data, first);
	memcpy(w->memory + w->start * VFE_NET_PAGE_SIZE, f->data + first,
	       f->len - first);
	return next;
}

static int receive(void *state_of_port, struct net_frame *f)
{
	struct net_window *w = state_of_port;

	if (f->len < VFE_NET_WINDOW_MIN || f->len > VFE_NET_WINDOW_FRAME) {
		count(w, NET_RX_TOO_LONG, 1);
		return 0;
	}
	if (!is_wanted(w, f)) {
		count(w, NET_RX_FILTERED, 1);
		return 0;
	}
	/* As with an NE2000: a frame does not wait for room. */
	if (!has_room(w, pages_of(HEADER + f->len))) {
		count(w, NET_RX_OVERRUN, 1);
		w->missed++;
		interrupt(w, VFE_NET_INT_OVERRUN);
		return 0;
	}
	w->current = write_ring(w, f);
	count(w, NET_RX_FRAMES, 1);
	count(w, NET_RX_BYTES, f->len);
	w->interrupts |= VFE_NET_INT_RECEIVED;
	return 0;
}

static void received(void *state_of_port)
{
	struct net_window *w = state_of_port;

	window_update_line(&w->w);
}

static void link_changed(void *state_of_port)
{
	interrupt(state_of_port, VFE_NET_INT_LINK);
}

static const struct net_port window_port = {
	.offloads = offloads,
	.receive = receive,
	.received = received,
	.can_send = can_send,
	.link_changed = link_changed,
};

/* Packet memory */

static uint32_t identity_word(const struct net_window *w, uint32_t address)
{
	struct vfe_net_identity id = {
		.magic = htole32(VFE_NET_IDENTITY_MAGIC),
		.version = htole32(VFE_NET_IDENTITY_VERSION),
		.pages = htole16(PAGES),
		.mtu = htole16(VFE_NET_WINDOW_MTU),
		.missed = htole32(w->missed),
	};
	uint32_t word = 0;

	memcpy(id.mac, net_of_window(w)->mac, sizeof(id.mac));
	if (address < sizeof(id))
		memcpy(&word, (const uint8_t *)&id + address, sizeof(word));
	return le32toh(word);
}

/* Where the next word is; the rest of a frame is at the ring's beginning. */
static bool next_word(struct net_window *w, bool wrap, uint32_t *address)
{
	*address = w->remote_address & ~3U;
	if (!w->remote_count || *address >= MEMORY)
		return false;
	w->remote_address = *address + 4;
	if (wrap && w->started &&
	    w->remote_address == w->stop * VFE_NET_PAGE_SIZE)
		w->remote_address = w->start * VFE_NET_PAGE_SIZE;
	w->remote_count -= w->remote_count < 4 ? w->remote_count : 4;
	if (!w->remote_count)
		interrupt(w, VFE_NET_INT_REMOTE);
	return true;
}

static uint32_t read_data(struct net_window *w)
{
	uint32_t address, word;

	if (!next_word(w, true, &address))
		return UINT32_MAX;
	if (address < VFE_NET_PAGE_SIZE)
		return identity_word(w, address);
	memcpy(&word, w->memory + address, sizeof(word));
	return le32toh(word);
}

static void write_data(struct net_window *w, uint32_t value)
{
	uint32_t address;

	if (!next_word(w, false, &address) || address < VFE_NET_PAGE_SIZE)
		return;
	value = htole32(value);
	memcpy(w->memory + address, &value, sizeof(value));
}

/* Registers */

/*
 * The read that finds why the device interrupts also lowers the line: a handler
 * needs no second access, and the line is low when its client unmasks it.
 */
static uint32_t read_interrupts(struct net_window *w)
{
	if (w->interrupts & w->mask) {
		w->mask = 0;
		window_update_line(&w->w);
	}
	return w->interrupts;
}

static uint32_t read_register(struct window *base, uint32_t offset)
{
	struct net_window *w = to_net(base);

	switch (offset) {
	case REG_COMMAND:
		return state(w);
	case REG_REMOTE_ADDRESS:
		return w->remote_address;
	case REG_REMOTE_COUNT:
		return w->remote_count;
	case REG_TRANSMIT_PAGE:
		return w->transmit_page;
	case REG_TRANSMIT_COUNT:
		return w->transmit_count;
	case REG_BOUNDARY:
		return w->started ? w->boundary : w->new_boundary;
	case WINDOW_DATA:
		return read_data(w);
	case REG_CURRENT:
		return w->current;
	case REG_INTERRUPT_STATUS:
		return read_interrupts(w);
	case REG_INTERRUPT_MASK:
		return w->mask;
	case REG_RECEIVE_CONFIG:
		return w->receive_config;
	case REG_RECEIVE_START:
		return w->new_start;
	case REG_RECEIVE_STOP:
		return w->new_stop;
	case REG_STATION_LO:
		return w->station_lo;
	case REG_STATION_HI:
		return w->station_hi;
	default:
		return UINT32_MAX;
	}
}

static void write_boundary(struct net_window *w, uint32_t value)
{
	w->new_boundary = value;
	if (w->started && value >= w->start && value < w->stop)
		w->boundary = value;
}

static void write_interrupts(struct net_window *w, uint32_t *which,
			     uint32_t value)
{
	*which = value;
	window_update_line(&w->w);
}

static void write_setting(struct net_window *w, uint32_t offset,
			  uint32_t value)
{
	switch (offset) {
	case REG_RECEIVE_CONFIG:
		w->receive_config = value & (VFE_NET_RX_BROADCAST |
					     VFE_NET_RX_MULTICAST |
					     VFE_NET_RX_PROMISCUOUS);
		break;
	case REG_RECEIVE_START:
		w->new_start = value;
		break;
	case REG_RECEIVE_STOP:
		w->new_stop = value;
		break;
	case REG_STATION_LO:
		w->station_lo = value;
		break;
	case REG_STATION_HI:
		w->station_hi = value & 0xffff;
		break;
	}
}

static void write_register(struct window *base, uint32_t offset,
			   uint32_t value)
{
	struct net_window *w = to_net(base);

	switch (offset) {
	case REG_COMMAND:
		command(w, value);
		break;
	case REG_REMOTE_ADDRESS:
		w->remote_address = value;
		break;
	case REG_REMOTE_COUNT:
		w->remote_count = value;
		break;
	case REG_TRANSMIT_PAGE:
		w->transmit_page = value;
		break;
	case REG_TRANSMIT_COUNT:
		w->transmit_count = value;
		break;
	case REG_BOUNDARY:
		write_boundary(w, value);
		break;
	case WINDOW_DATA:
		write_data(w, value);
		break;
	case REG_INTERRUPT_STATUS:
		write_interrupts(w, &w->interrupts, w->interrupts & ~value);
		break;
	case REG_INTERRUPT_MASK:
		write_interrupts(w, &w->mask, value & VFE_NET_INT_ALL);
		break;
	default:
		write_setting(w, offset, value);
	}
}

const struct window_class net_window_class = {
	.port = VFE_WIN_NET_PORT,
	.memory = VFE_WIN_NET_MEMORY,
	.size = sizeof(struct net_window),
	.read = read_register,
	.write = write_register,
	.reset = reset,
	.pending = pending,
};
