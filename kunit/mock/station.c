// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of a network interface in memory, with the layout of
 * include/vfe/wire_window_net.h: packet memory, the receive ring, a frame to
 * send. All of it runs under the function's lock, inside the access that causes
 * it, or in a call of a suite.
 */
#include <linux/etherdevice.h>

#include "internal.h"

#define STATION_SIZE	(VFE_NET_MAX_PAGES * VFE_NET_PAGE_SIZE)

bool vfe_mock_station_line(const struct vfe_mock_impl *impl)
{
	const struct vfe_mock_station *s = impl->station;

	return s && s->irq_enabled && s->interrupts & s->mask;
}

static void station_update_line(struct vfe_mock_impl *impl)
{
	if (vfe_mock_station_line(impl))
		impl->todo |= VFE_MOCK_TODO_LINE;
}

void vfe_mock_station_reset(struct vfe_mock_impl *impl)
{
	struct vfe_mock_station *s = impl->station;

	if (!s)
		return;
	s->started = false;
	s->transmitting = false;
	s->refused = false;
	s->irq_enabled = false;
	s->interrupts = 0;
	s->mask = 0;
	memset(s->regs, 0, sizeof(s->regs));
	s->resets++;
}

/* A register that has no effect but its value */
static u32 *station_reg(struct vfe_mock_station *s, enum vfe_reg reg)
{
	return &s->regs[reg - VFE_REG_NET_MEMORY_COMMAND];
}

static void station_start(struct vfe_mock_impl *impl)
{
	struct vfe_mock_station *s = impl->station;
	u32 lo = *station_reg(s, VFE_REG_NET_MEMORY_STATION_LO);
	u32 hi = *station_reg(s, VFE_REG_NET_MEMORY_STATION_HI);

	s->start = *station_reg(s, VFE_REG_NET_MEMORY_RECEIVE_START);
	s->stop = *station_reg(s, VFE_REG_NET_MEMORY_RECEIVE_STOP);
	s->boundary = *station_reg(s, VFE_REG_NET_MEMORY_BOUNDARY);
	s->current_page = s->boundary;
	put_unaligned_le32(lo, s->address);
	put_unaligned_le16(hi, s->address + 4);
	s->missed = 0;
	s->started = !s->dead;
	if (s->start < 1 || s->start >= s->stop || s->stop > s->pages ||
	    s->boundary < s->start || s->boundary >= s->stop)
		vfe_mock_offend(&impl->m,
				"memory_command: START with a ring that is invalid");
}

static void station_sent(struct vfe_mock_impl *impl)
{
	struct vfe_mock_station *s = impl->station;

	s->transmitting = false;
	s->interrupts |= VFE_NET_INT_TRANSMITTED;
	station_update_line(impl);
}

static void station_transmit(struct vfe_mock_impl *impl)
{
	struct vfe_mock_station *s = impl->station;
	u32 page = *station_reg(s, VFE_REG_NET_MEMORY_TRANSMIT_PAGE);
	u32 len = *station_reg(s, VFE_REG_NET_MEMORY_TRANSMIT_COUNT);

	if (!s->started || s->transmitting) {
		vfe_mock_offend(&impl->m,
				"memory_command: TRANSMIT while stopped, or while a frame is sent");
		return;
	}
	if (page < 1 || page >= s->pages || len < VFE_NET_WINDOW_MIN ||
	    len > VFE_NET_WINDOW_FRAME) {
		vfe_mock_offend(&impl->m, "memory_command: TRANSMIT of no frame");
		s->refused = true;
		return;
	}
	s->refused = s->refuse;
	memcpy(s->frame, s->memory + page * VFE_NET_PAGE_SIZE, len);
	s->frame_len = len;
	s->sent++;
	s->transmitting = true;
	if (!s->busy)
		station_sent(impl);
}

static void station_command(struct vfe_mock_impl *impl, u32 val)
{
	if (val & VFE_NET_CMD_STOP) {
		impl->station->started = false;
		impl->station->transmitting = false;
	}
	if (val & VFE_NET_CMD_START)
		station_start(impl);
	if (val & VFE_NET_CMD_TRANSMIT)
		station_transmit(impl);
}

static u32 station_state(const struct vfe_mock_station *s)
{
	return (s->started ? VFE_NET_STATE_STARTED : 0) |
	       (s->transmitting ? VFE_NET_STATE_TRANSMITTING : 0) |
	       (s->refused ? VFE_NET_STATE_REFUSED : 0) |
	       (s->down ? 0 : VFE_NET_STATE_LINK);
}

/* --- packet memory --- */

static void station_identity(struct vfe_mock_station *s)
{
	struct vfe_net_identity id = {
		.magic = cpu_to_le32(VFE_NET_IDENTITY_MAGIC),
		.version = cpu_to_le32(VFE_NET_IDENTITY_VERSION),
		.pages = cpu_to_le16(s->pages),
		.mtu = cpu_to_le16(VFE_NET_WINDOW_MTU),
		.missed = cpu_to_le32(s->missed),
	};

	memcpy(id.mac, s->mac, sizeof(id.mac));
	memcpy(s->memory, &id, sizeof(id));
}

/* Where the next word is. Return: STATION_SIZE if there is none */
static u32 station_next(struct vfe_mock_impl *impl, bool write)
{
	struct vfe_mock_station *s = impl->station;
	u32 *address = station_reg(s, VFE_REG_NET_MEMORY_REMOTE_ADDRESS);
	u32 *count = station_reg(s, VFE_REG_NET_MEMORY_REMOTE_COUNT);
	u32 at = *address;

	if (*count < sizeof(__le32) || at >= STATION_SIZE || at % 4 ||
	    (write && at < VFE_NET_PAGE_SIZE)) {
		vfe_mock_offend(&impl->m,
				"memory_data: accessed beyond remote_count, or packet memory");
		return STATION_SIZE;
	}
	*address += sizeof(__le32);
	*count -= sizeof(__le32);
	if (!write && s->started && *address == s->stop * VFE_NET_PAGE_SIZE)
		*address = s->start * VFE_NET_PAGE_SIZE;
	return at;
}

static u32 station_read_data(struct vfe_mock_impl *impl)
{
	u32 at = station_next(impl, false);

	station_identity(impl->station);
	return at < STATION_SIZE ?
	       get_unaligned_le32(impl->station->memory + at) : U32_MAX;
}

static void station_write_data(struct vfe_mock_impl *impl, u32 val)
{
	u32 at = station_next(impl, true);

	if (at < STATION_SIZE)
		put_unaligned_le32(val, impl->station->memory + at);
}

/* --- registers --- */

u32 vfe_mock_station_read(struct vfe_mock_impl *impl,
			  const struct vfe_mock_access *a)
{
	struct vfe_mock_station *s = impl->station;

	switch (a->reg) {
	case VFE_REG_NET_MEMORY_COMMAND:
		return station_state(s);
	case VFE_REG_NET_MEMORY_CURRENT:
		return s->current_page;
	case VFE_REG_NET_MEMORY_INTERRUPT_STATUS:
		if (s->interrupts & s->mask)
			s->mask = 0;
		return s->interrupts;
	case VFE_REG_NET_MEMORY_INTERRUPT_MASK:
		return s->mask;
	case VFE_REG_NET_MEMORY_CONTROL:
		return s->irq_enabled ? VFE_CONTROL_IRQ_ENABLE : 0;
	case VFE_REG_NET_MEMORY_DATA:
	case VFE_REG_NET_MEMORY_APERTURE:
		return station_read_data(impl);
	default:
		return *station_reg(s, a->reg);
	}
}

static void station_set_boundary(struct vfe_mock_impl *impl, u32 val)
{
	struct vfe_mock_station *s = impl->station;

	*station_reg(s, VFE_REG_NET_MEMORY_BOUNDARY) = val;
	if (!s->started)
		return;
	if (val < s->start || val >= s->stop)
		vfe_mock_offend(&impl->m, "memory_boundary: outside of the ring");
	else
		s->boundary = val;
}

static void station_control(struct vfe_mock_impl *impl, u32 val)
{
	if (val & VFE_CONTROL_RESET)
		vfe_mock_station_reset(impl);
	impl->station->irq_enabled = val & VFE_CONTROL_IRQ_ENABLE;
}

void vfe_mock_station_write(struct vfe_mock_impl *impl,
			    const struct vfe_mock_access *a)
{
	struct vfe_mock_station *s = impl->station;

	switch (a->reg) {
	case VFE_REG_NET_MEMORY_COMMAND:
		station_command(impl, a->val);
		break;
	case VFE_REG_NET_MEMORY_BOUNDARY:
		station_set_boundary(impl, a->val);
		break;
	case VFE_REG_NET_MEMORY_CURRENT:
		vfe_mock_offend(&impl->m, "a read-only register was written");
		break;
	case VFE_REG_NET_MEMORY_INTERRUPT_STATUS:
		s->interrupts &= ~a->val;
		break;
	case VFE_REG_NET_MEMORY_INTERRUPT_MASK:
		s->mask = a->val;
		break;
	case VFE_REG_NET_MEMORY_CONTROL:
		station_control(impl, a->val);
		break;
	case VFE_REG_NET_MEMORY_DATA:
	case VFE_REG_NET_MEMORY_APERTURE:
		station_write_data(impl, a->val);
		break;
	default:
		*station_reg(s, a->reg) = a->val;
	}
	station_update_line(impl);
}

/* --- for suites --- */

static u32 station_pages(const struct vfe_mock_station *s, u32 bytes)
{
	return DIV_ROUND_UP(bytes, VFE_NET_PAGE_SIZE);
}

/* Write a frame with its header at the page @current_page. */
static void station_store(struct vfe_mock_station *s, const u8 *frame, u32 len)
{
	u32 size = s->stop - s->start, bytes = sizeof(struct vfe_net_packet) +
						len;
	u32 next = s->start + (s->current_page - s->start +
			       station_pages(s, bytes)) % size;
	struct vfe_net_packet p = {
		.status = VFE_NET_PACKET_OK,
		.next = next,
		.length = cpu_to_le16(bytes),
	};
	u32 at = s->current_page * VFE_NET_PAGE_SIZE + sizeof(p);
	u32 i;

	memcpy(s->memory + at - sizeof(p), &p, sizeof(p));
	for (i = 0; i < len; i++, at++) {
		if (at == s->stop * VFE_NET_PAGE_SIZE)
			at = s->start * VFE_NET_PAGE_SIZE;
		s->memory[at] = frame[i];
	}
	s->last_page = s->current_page;
	s->current_page = next;
}

static bool station_receive(struct vfe_mock_impl *impl, const u8 *frame,
			    u32 len)
{
	struct vfe_mock_station *s = impl->station;
	u32 size = s->stop - s->start, used;

	if (!s->started)
		return false;
	used = (s->current_page + size - s->boundary) % size;
	if (station_pages(s, sizeof(struct vfe_net_packet) + len) >=
	    size - used) {
		s->missed++;
		s->interrupts |= VFE_NET_INT_OVERRUN;
		return false;
	}
	station_store(s, frame, len);
	s->interrupts |= VFE_NET_INT_RECEIVED;
	return true;
}

/* Deliver the interrupt that a call of a suite caused. */
static void station_deliver(struct vfe_mock_impl *impl)
{
	unsigned long flags;
	bool line;

	raw_spin_lock_irqsave(&impl->lock, flags);
	line = vfe_mock_station_line(impl);
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	if (line)
		vfe_mock_irq_line(impl);
}

bool vfe_mock_station_receive(struct vfe_mock *m, const void *frame,
			      unsigned int len)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned long flags;
	bool room;

	raw_spin_lock_irqsave(&impl->lock, flags);
	room = station_receive(impl, frame, len);
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	if (!impl->station->quiet)
		station_deliver(impl);
	return room;
}
EXPORT_SYMBOL_GPL(vfe_mock_station_receive);

void vfe_mock_station_sent(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	if (impl->station->transmitting)
		station_sent(impl);
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	station_deliver(impl);
}
EXPORT_SYMBOL_GPL(vfe_mock_station_sent);

void vfe_mock_station_interrupt(struct vfe_mock *m, u32 which)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	impl->station->interrupts |= which;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	station_deliver(impl);
}
EXPORT_SYMBOL_GPL(vfe_mock_station_interrupt);
