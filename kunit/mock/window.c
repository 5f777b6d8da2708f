// SPDX-License-Identifier: GPL-2.0
/*
 * The register window in memory, with the layout of include/vfe/wire.h: one
 * request at a time, its words through the data register or the aperture.
 * All of it runs under the function's lock, inside the access that causes it.
 */
#include "internal.h"

enum vfe_mock_window_state {
	VFE_MOCK_WINDOW_IDLE,
	VFE_MOCK_WINDOW_SENDING,
	VFE_MOCK_WINDOW_RECEIVING,
};

void vfe_mock_window_reset(struct vfe_mock_impl *impl)
{
	struct vfe_mock_window *w = &impl->window;
	__le32 *data = w->data;

	memset(w, 0, sizeof(*w));
	w->data = data;
}

bool vfe_mock_window_line(const struct vfe_mock_impl *impl)
{
	return impl->window.irq_pending && impl->window.irq_enabled;
}

static void window_interrupt(struct vfe_mock_impl *impl)
{
	impl->window.irq_pending = true;
	if (vfe_mock_window_line(impl))
		impl->todo |= VFE_MOCK_TODO_LINE;
}

static void window_finish(struct vfe_mock_impl *impl, enum vfe_error error)
{
	impl->window.state = VFE_MOCK_WINDOW_IDLE;
	impl->window.error = error;
	window_interrupt(impl);
}

static bool window_in_range(const struct vfe_mock_impl *impl)
{
	const struct vfe_mock_window *w = &impl->window;
	u64 capacity = impl->disk->sectors;

	return w->count && w->count <= VFE_MOCK_WINDOW_COUNT &&
	       w->sector <= capacity && w->count <= capacity - w->sector;
}

/* Begin to move @words words, in the direction that @state says. */
static void window_begin(struct vfe_mock_impl *impl,
			 enum vfe_mock_window_state state, u32 words)
{
	struct vfe_mock_window *w = &impl->window;

	w->state = state;
	w->words = words;
	w->next = 0;
}

static u8 *window_place(struct vfe_mock_impl *impl)
{
	return impl->disk->data + impl->window.sector * VFE_SECTOR_SIZE;
}

static void window_read_command(struct vfe_mock_impl *impl)
{
	u32 bytes = impl->window.count * VFE_SECTOR_SIZE;

	if (!window_in_range(impl)) {
		window_finish(impl, VFE_ERR_RANGE);
		return;
	}
	memcpy(impl->window.data, window_place(impl), bytes);
	window_begin(impl, VFE_MOCK_WINDOW_SENDING, bytes / sizeof(__le32));
	window_interrupt(impl);
}

static void window_write_command(struct vfe_mock_impl *impl)
{
	u32 bytes = impl->window.count * VFE_SECTOR_SIZE;

	if (impl->disk->readonly)
		window_finish(impl, VFE_ERR_READONLY);
	else if (!window_in_range(impl))
		window_finish(impl, VFE_ERR_RANGE);
	else
		window_begin(impl, VFE_MOCK_WINDOW_RECEIVING,
			     bytes / sizeof(__le32));
}

static void window_identify(struct vfe_mock_impl *impl)
{
	struct vfe_identify id = {
		.magic = cpu_to_le32(VFE_IDENTIFY_MAGIC),
		.version = cpu_to_le32(VFE_IDENTIFY_VERSION),
		.max_count = cpu_to_le32(VFE_MOCK_WINDOW_COUNT),
		.flags = cpu_to_le32(VFE_IDENTIFY_WRITE_CACHE),
		.capacity = cpu_to_le64(impl->disk->sectors),
	};

	memcpy(id.serial, impl->disk->serial, sizeof(id.serial));
	if (impl->disk->readonly)
		id.flags |= cpu_to_le32(VFE_IDENTIFY_READONLY);
	memcpy(impl->window.data, &id, sizeof(id));
	window_begin(impl, VFE_MOCK_WINDOW_SENDING,
		     sizeof(id) / sizeof(__le32));
	window_interrupt(impl);
}

static void window_command(struct vfe_mock_impl *impl, u32 command)
{
	struct vfe_mock_window *w = &impl->window;

	if (w->state != VFE_MOCK_WINDOW_IDLE) {
		vfe_mock_offend(&impl->m,
				"memory_command: written while a request is under way");
		return;
	}
	w->command = command;
	w->error = VFE_ERR_NONE;
	if (impl->m.knobs.mute)
		return;
	impl->disk->requests++;
	if (impl->disk->status && command != VFE_CMD_IDENTIFY) {
		window_finish(impl, VFE_ERR_IO);
		return;
	}
	switch (command) {
	case VFE_CMD_READ:
		window_read_command(impl);
		break;
	case VFE_CMD_WRITE:
		window_write_command(impl);
		break;
	case VFE_CMD_FLUSH:
		impl->disk->flushes++;
		window_finish(impl, VFE_ERR_NONE);
		break;
	case VFE_CMD_IDENTIFY:
		window_identify(impl);
		break;
	default:
		vfe_mock_offend(&impl->m, "memory_command: no such command");
		window_finish(impl, VFE_ERR_COMMAND);
	}
}

static u32 window_status(struct vfe_mock_impl *impl)
{
	struct vfe_mock_window *w = &impl->window;
	u32 status = w->state == VFE_MOCK_WINDOW_IDLE ? VFE_STATUS_READY :
		     VFE_STATUS_BUSY | VFE_STATUS_DRQ;

	if (w->error)
		status |= VFE_STATUS_ERR;
	if (w->irq_pending)
		status |= VFE_STATUS_IRQ;
	w->irq_pending = false;
	return status;
}

static u32 window_read_data(struct vfe_mock_impl *impl)
{
	struct vfe_mock_window *w = &impl->window;
	u32 word;

	if (w->state != VFE_MOCK_WINDOW_SENDING) {
		vfe_mock_offend(&impl->m,
				"memory_data: read while there are no words to read");
		return U32_MAX;
	}
	word = le32_to_cpu(w->data[w->next++]);
	if (w->next == w->words)
		w->state = VFE_MOCK_WINDOW_IDLE;
	return word;
}

static void window_write_data(struct vfe_mock_impl *impl, u32 word)
{
	struct vfe_mock_window *w = &impl->window;

	if (w->state != VFE_MOCK_WINDOW_RECEIVING) {
		vfe_mock_offend(&impl->m,
				"memory_data: written while no words are expected");
		return;
	}
	w->data[w->next++] = cpu_to_le32(word);
	if (w->next < w->words)
		return;
	memcpy(window_place(impl), w->data, w->words * sizeof(__le32));
	window_finish(impl, VFE_ERR_NONE);
}

static void window_control(struct vfe_mock_impl *impl, u32 val)
{
	if (val & VFE_CONTROL_RESET)
		vfe_mock_window_reset(impl);
	impl->window.irq_enabled = val & VFE_CONTROL_IRQ_ENABLE;
	if (vfe_mock_window_line(impl))
		impl->todo |= VFE_MOCK_TODO_LINE;
}

u32 vfe_mock_window_read(struct vfe_mock_impl *impl,
			 const struct vfe_mock_access *a)
{
	const struct vfe_mock_window *w = &impl->window;

	if (!impl->disk)
		return 0;
	switch (a->reg) {
	case VFE_REG_MEMORY_SECTOR_LO:
		return lower_32_bits(w->sector);
	case VFE_REG_MEMORY_SECTOR_HI:
		return upper_32_bits(w->sector);
	case VFE_REG_MEMORY_COUNT:
		return w->count;
	case VFE_REG_MEMORY_COMMAND:
		return w->command;
	case VFE_REG_MEMORY_STATUS:
		return window_status(impl);
	case VFE_REG_MEMORY_ERROR:
		return w->error;
	case VFE_REG_MEMORY_CONTROL:
		return w->irq_enabled ? VFE_CONTROL_IRQ_ENABLE : 0;
	default:
		return window_read_data(impl);
	}
}

/* A request keeps its original position. */
static bool window_free(struct vfe_mock_impl *impl)
{
	if (impl->window.state == VFE_MOCK_WINDOW_IDLE)
		return true;
	vfe_mock_offend(&impl->m,
			"memory window: set up while a request is under way");
	return false;
}

void vfe_mock_window_write(struct vfe_mock_impl *impl,
			   const struct vfe_mock_access *a)
{
	struct vfe_mock_window *w = &impl->window;

	if (!impl->disk)
		return;
	switch (a->reg) {
	case VFE_REG_MEMORY_SECTOR_LO:
		if (window_free(impl))
			w->sector = (w->sector & ~(u64)U32_MAX) | a->val;
		break;
	case VFE_REG_MEMORY_SECTOR_HI:
		if (window_free(impl))
			w->sector = lower_32_bits(w->sector) |
				    (u64)a->val << 32;
		break;
	case VFE_REG_MEMORY_COUNT:
		if (window_free(impl))
			w->count = a->val;
		break;
	case VFE_REG_MEMORY_COMMAND:
		window_command(impl, a->val);
		break;
	case VFE_REG_MEMORY_CONTROL:
		window_control(impl, a->val);
		break;
	case VFE_REG_MEMORY_STATUS:
	case VFE_REG_MEMORY_ERROR:
		vfe_mock_offend(&impl->m, "a read-only register was written");
		break;
	default:
		window_write_data(impl, a->val);
	}
}
