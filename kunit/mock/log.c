// SPDX-License-Identifier: GPL-2.0
/*
 * The log of register accesses. It is preallocated, since accesses come from
 * any context, and large; so functions reuse the memory.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"

/* Unused logs */
static struct vfe_mock_access *vfe_mock_log_pool[VFE_MOCK_SLOTS];
static DEFINE_MUTEX(vfe_mock_log_mutex);

static struct vfe_mock_access *vfe_mock_log_take(void)
{
	struct vfe_mock_access *log = NULL;
	unsigned int i;

	mutex_lock(&vfe_mock_log_mutex);
	for (i = 0; i < VFE_MOCK_SLOTS && !log; i++)
		swap(log, vfe_mock_log_pool[i]);
	mutex_unlock(&vfe_mock_log_mutex);
	return log;
}

static void vfe_mock_log_give(struct vfe_mock_access *log)
{
	unsigned int i;

	mutex_lock(&vfe_mock_log_mutex);
	for (i = 0; i < VFE_MOCK_SLOTS && log; i++)
		if (!vfe_mock_log_pool[i])
			swap(log, vfe_mock_log_pool[i]);
	mutex_unlock(&vfe_mock_log_mutex);
	kvfree(log);
}

int vfe_mock_log_init(struct vfe_mock_impl *impl)
{
	impl->log = vfe_mock_log_take();
	if (!impl->log)
		impl->log = kvmalloc_array(VFE_MOCK_LOG, sizeof(*impl->log),
					   GFP_KERNEL);
	impl->m.log = impl->log;
	return impl->log ? 0 : -ENOMEM;
}

void vfe_mock_log_shrink(struct vfe_mock_impl *impl)
{
	struct vfe_mock *m = &impl->m;
	unsigned int n = m->log_len;

	impl->spare = kvmalloc_array(n ?: 1, sizeof(*m->log), GFP_KERNEL);
	raw_spin_lock_irq(&impl->lock);
	if (impl->spare) {
		memcpy(impl->spare, impl->log, n * sizeof(*m->log));
	} else {
		m->log_lost += n;
		m->log_len = 0;
	}
	m->log = impl->spare;
	raw_spin_unlock_irq(&impl->lock);
	vfe_mock_log_give(impl->log);
	impl->log = NULL;
}

void vfe_mock_log_exit(struct vfe_mock_impl *impl)
{
	vfe_mock_log_give(impl->log);
	kvfree(impl->spare);
}

unsigned int vfe_mock_log_add(struct vfe_mock_impl *impl,
			      const struct vfe_mock_access *a)
{
	struct vfe_mock *m = &impl->m;

	if (!impl->log || m->log_len == VFE_MOCK_LOG) {
		m->log_lost++;
		return UINT_MAX;
	}
	impl->log[m->log_len] = *a;
	return m->log_len++;
}

void vfe_mock_log_answer(struct vfe_mock_impl *impl, unsigned int entry,
			 const struct vfe_mock_access *a)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	/* a hook may have cleared the log meanwhile */
	if (impl->log && entry < impl->m.log_len)
		impl->log[entry].val = a->val;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
}

void vfe_mock_log_clear(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	m->log_len = 0;
	m->log_lost = 0;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
}
EXPORT_SYMBOL_GPL(vfe_mock_log_clear);

unsigned int vfe_mock_count(const struct vfe_mock *m, enum vfe_reg reg,
			    enum vfe_dir dir)
{
	unsigned int n = 0;
	int at = vfe_mock_find(m, 0, reg, dir);

	for (; at >= 0; at = vfe_mock_find(m, at + 1, reg, dir))
		n++;
	return n;
}
EXPORT_SYMBOL_GPL(vfe_mock_count);

int vfe_mock_find(const struct vfe_mock *m, unsigned int from,
		  enum vfe_reg reg, enum vfe_dir dir)
{
	unsigned int i;

	for (i = from; i < m->log_len; i++)
		if (m->log[i].reg == reg && m->log[i].dir == dir)
			return i;
	return -1;
}
EXPORT_SYMBOL_GPL(vfe_mock_find);
