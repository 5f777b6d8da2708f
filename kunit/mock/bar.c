// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the base address registers: handles every access of the CPU, logs
 * it, and calls the suite's hook.
 */
#include <linux/workqueue.h>

#include "internal.h"

static enum vfe_window_id vfe_mock_window_of(const struct vfe_mock_bar *bar,
					     u32 offset)
{
	static const enum vfe_window_id pages[] = {
		[VFE_COMMON_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_COMMON,
		[VFE_ISR_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_ISR,
		[VFE_DEVICE_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_DEVICE,
		[VFE_NOTIFY_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_NOTIFY,
	};

	if (bar->index == VFE_LEGACY_BAR)
		return VFE_WIN_LEGACY;
	if (bar->index == VFE_BAR_MEMORY && bar->impl->station)
		return VFE_WIN_NET_MEMORY;
	if (bar->index == VFE_BAR_MEMORY && bar->impl->adapter)
		return VFE_WIN_SCSI_MEMORY;
	if (bar->index == VFE_BAR_MEMORY)
		return VFE_WIN_MEMORY;
	if (bar->index == VFE_MOCK_BAR_NOTIFY)
		return VFE_WIN_NOTIFY;
	return pages[offset / VFE_STRUCT_SIZE % ARRAY_SIZE(pages)];
}

static struct vfe_mock_access vfe_mock_describe(const struct vfe_mock_bar *bar,
						enum vfe_window_id win,
						enum vfe_dir dir, u32 offset,
						unsigned int size, u32 val)
{
	struct vfe_mock_access a = {
		.dir = dir,
		.size = size,
		.offset = offset,
		.val = val,
	};

	if (bar->index == VFE_BAR_VIRTIO)
		a.offset %= VFE_STRUCT_SIZE;
	a.reg = win == VFE_WIN_LEGACY ?
		vfe_mock_legacy_at(bar->impl, a.offset) :
		vfe_mock_register_at(win, a.offset);
	return a;
}

/* Does the function decode accesses? */
static bool vfe_mock_decodes(struct vfe_mock_impl *impl)
{
	if (impl->m.knobs.gone)
		return false;
	if (vfe_mock_command(impl) & PCI_COMMAND_MEMORY)
		return true;
	vfe_mock_offend(&impl->m,
			"a register was accessed while memory decoding is off");
	return false;
}

/* The value of a read of @size bytes without an answer */
static u32 vfe_mock_ones(unsigned int size)
{
	return size < sizeof(u32) ? BIT(8 * size) - 1 : U32_MAX;
}

/* Do the work in @todo; no lock held. */
static void vfe_mock_todo(struct vfe_mock_impl *impl, unsigned int todo)
{
	if (todo & VFE_MOCK_TODO_SERVE)
		queue_work(vfe_mock_wq, &impl->serve_work);
	if (todo & VFE_MOCK_TODO_LINE)
		vfe_mock_irq_line(impl);
	if (todo & VFE_MOCK_TODO_LATE)
		vfe_mock_irq_later(impl);
}

static u32 vfe_mock_window_get(struct vfe_mock_impl *impl,
			       enum vfe_window_id win,
			       const struct vfe_mock_access *a)
{
	if (!vfe_mock_access_ok(&impl->m, a))
		return U32_MAX;
	if (win == VFE_WIN_MEMORY)
		return vfe_mock_window_read(impl, a);
	if (win == VFE_WIN_NET_MEMORY)
		return vfe_mock_station_read(impl, a);
	if (win == VFE_WIN_SCSI_MEMORY)
		return vfe_mock_adapter_read(impl, a);
	if (win == VFE_WIN_LEGACY)
		return vfe_mock_legacy_read(impl, a);
	return vfe_mock_register_read(impl, win, a);
}

static void vfe_mock_window_set(struct vfe_mock_impl *impl,
				enum vfe_window_id win,
				const struct vfe_mock_access *a)
{
	if (!vfe_mock_access_ok(&impl->m, a))
		return;
	if (win == VFE_WIN_MEMORY)
		vfe_mock_window_write(impl, a);
	else if (win == VFE_WIN_NET_MEMORY)
		vfe_mock_station_write(impl, a);
	else if (win == VFE_WIN_SCSI_MEMORY)
		vfe_mock_adapter_write(impl, a);
	else if (win == VFE_WIN_LEGACY)
		vfe_mock_legacy_write(impl, a);
	else
		vfe_mock_register_write(impl, win, a);
}

static u32 vfe_mock_read(struct vfe_mock_impl *impl, enum vfe_window_id win,
			 struct vfe_mock_access *a)
{
	struct vfe_mock *m = &impl->m;
	bool (*hook)(struct vfe_mock *m, struct vfe_mock_access *a);
	unsigned int todo, entry;
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	a->val = vfe_mock_ones(a->size);
	if (vfe_mock_decodes(impl))
		a->val &= vfe_mock_window_get(impl, win, a);
	entry = vfe_mock_log_add(impl, a);
	todo = impl->todo;
	impl->todo = 0;
	raw_spin_unlock_irqrestore(&impl->lock, flags);

	hook = READ_ONCE(m->knobs.access);
	if (hook) {
		hook(m, a);
		vfe_mock_log_answer(impl, entry, a);
	}
	if (todo)
		vfe_mock_todo(impl, todo);
	return a->val;
}

static void vfe_mock_write(struct vfe_mock_impl *impl, enum vfe_window_id win,
			   struct vfe_mock_access *a)
{
	struct vfe_mock *m = &impl->m;
	bool (*hook)(struct vfe_mock *m, struct vfe_mock_access *a);
	unsigned long flags;
	unsigned int todo;

	raw_spin_lock_irqsave(&impl->lock, flags);
	vfe_mock_log_add(impl, a);
	raw_spin_unlock_irqrestore(&impl->lock, flags);

	hook = READ_ONCE(m->knobs.access);
	if (hook && hook(m, a))
		return;

	raw_spin_lock_irqsave(&impl->lock, flags);
	if (vfe_mock_decodes(impl))
		vfe_mock_window_set(impl, win, a);
	todo = impl->todo;
	impl->todo = 0;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	if (todo)
		vfe_mock_todo(impl, todo);
}

/* The table belongs to the PCI core: not logged, and always 32 bits wide. */
static u32 vfe_mock_read_table(struct vfe_mock_impl *impl, u32 offset)
{
	unsigned long flags;
	u32 val = U32_MAX;

	raw_spin_lock_irqsave(&impl->lock, flags);
	if (!impl->m.knobs.gone)
		val = vfe_mock_table_read(impl, offset);
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	return val;
}

static void vfe_mock_write_table(struct vfe_mock_impl *impl, u32 offset,
				 u32 val)
{
	unsigned long flags;
	unsigned int todo;

	raw_spin_lock_irqsave(&impl->lock, flags);
	if (!impl->m.knobs.gone)
		vfe_mock_table_write(impl, offset, val);
	todo = impl->todo;
	impl->todo = 0;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	if (todo)
		vfe_mock_todo(impl, todo);
}

u32 vfe_mock_bar_read(struct vfe_mock_bar *bar, u32 offset, unsigned int size)
{
	enum vfe_window_id win = vfe_mock_window_of(bar, offset);
	struct vfe_mock_access a;

	if (bar->index == VFE_BAR_MSIX)
		return vfe_mock_read_table(bar->impl, offset);
	a = vfe_mock_describe(bar, win, VFE_READ, offset, size, 0);
	return vfe_mock_read(bar->impl, win, &a);
}

void vfe_mock_bar_write(struct vfe_mock_bar *bar, u32 offset, unsigned int size,
			u32 val)
{
	enum vfe_window_id win = vfe_mock_window_of(bar, offset);
	struct vfe_mock_access a;

	if (bar->index == VFE_BAR_MSIX) {
		vfe_mock_write_table(bar->impl, offset, val);
		return;
	}
	a = vfe_mock_describe(bar, win, VFE_WRITE, offset, size, val);
	vfe_mock_write(bar->impl, win, &a);
}
