// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of the mock: the MSI-X table and its pending bits, and the pin
 * with an interrupt number of its own. A handler runs as with hardware: in
 * interrupt context, at any point of its CPU's code with interrupts enabled.
 * While interrupts are disabled or the vector is masked, it waits.
 */
#include <linux/bottom_half.h>
#include <linux/hardirq.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/smp.h>

#include "internal.h"

#define VFE_MOCK_ISR_QUEUE	0x01
#define VFE_MOCK_ISR_CONFIG	0x02

/* --- the interrupt controller that the pins are wired to --- */

static struct vfe_mock_impl *vfe_mock_irq_owner(struct irq_data *data)
{
	return vfe_mock_at_slot((unsigned long)irq_data_get_irq_chip_data(data));
}

static void vfe_mock_irq_mask(struct irq_data *data)
{
	struct vfe_mock_impl *impl = vfe_mock_irq_owner(data);

	if (impl)
		WRITE_ONCE(impl->irq_masked, true);
}

static void vfe_mock_irq_unmask(struct irq_data *data)
{
	struct vfe_mock_impl *impl = vfe_mock_irq_owner(data);

	if (!impl)
		return;
	WRITE_ONCE(impl->irq_masked, false);
	/* the caller of that handler checks this at its end */
	if (!READ_ONCE(impl->delivering))
		vfe_mock_irq_later(impl);
}

static struct irq_chip vfe_mock_irq_chip = {
	.name = "vfe-mock",
	.irq_mask = vfe_mock_irq_mask,
	.irq_unmask = vfe_mock_irq_unmask,
};

int vfe_mock_irq_alloc(unsigned int slot)
{
	int irq = irq_alloc_desc(NUMA_NO_NODE);

	if (irq < 0)
		return irq;
	irq_set_chip_and_handler(irq, &vfe_mock_irq_chip, handle_level_irq);
	irq_set_chip_data(irq, (void *)(unsigned long)slot);
	return irq;
}

/* --- delivery --- */

void vfe_mock_irq_later(struct vfe_mock_impl *impl)
{
	queue_work(vfe_mock_wq, &impl->irq_work);
}

/* Run the handlers of @irq here and now. */
static int vfe_mock_deliver_here(unsigned int irq)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	__irq_enter_raw();
	ret = generic_handle_irq(irq);
	__irq_exit_raw();
	local_irq_restore(flags);
	return ret;
}

#ifdef CONFIG_SMP

struct vfe_mock_call {
	unsigned int irq;
	int ret;
};

static void vfe_mock_deliver_call(void *data)
{
	struct vfe_mock_call *call = data;

	call->ret = generic_handle_irq(call->irq);
}

/* The CPU of an interrupt, or this one */
static unsigned int vfe_mock_irq_cpu(unsigned int irq)
{
	struct irq_data *data = irq_get_irq_data(irq);
	const struct cpumask *mask;
	unsigned int cpu;

	if (!data)
		return smp_processor_id();
	mask = irq_data_get_effective_affinity_mask(data);
	cpu = cpumask_first_and(mask, cpu_online_mask);
	return cpu < nr_cpu_ids ? cpu : smp_processor_id();
}

/* Run the handlers of @irq on its CPU. */
static int vfe_mock_deliver_there(unsigned int irq)
{
	struct vfe_mock_call call = { .irq = irq, .ret = -ENODEV };
	unsigned int cpu = get_cpu();
	unsigned int to = vfe_mock_irq_cpu(irq);

	if (to == cpu || !in_task())
		call.ret = vfe_mock_deliver_here(irq);
	else
		smp_call_function_single(to, vfe_mock_deliver_call, &call,
					 true);
	put_cpu();
	return call.ret;
}

#else

static int vfe_mock_deliver_there(unsigned int irq)
{
	return vfe_mock_deliver_here(irq);
}

#endif

/* Return: whether there is such an irq */
static bool vfe_mock_deliver(unsigned int irq)
{
	int ret = vfe_mock_deliver_there(irq);

	/* as after every interrupt: run softirqs that the handler raised */
	if (!in_interrupt()) {
		local_bh_disable();
		local_bh_enable();
	}
	return !ret;
}

/* Is an interrupt possible in this context? */
static bool vfe_mock_interruptible(void)
{
	return !irqs_disabled() && !in_hardirq();
}

/* May the device use its pin? */
static bool vfe_mock_has_pin(const struct vfe_mock_impl *impl)
{
	return !impl->m.knobs.gone && impl->space[PCI_INTERRUPT_PIN] &&
	       !(vfe_mock_msix_flags(impl) & PCI_MSIX_FLAGS_ENABLE) &&
	       !(vfe_mock_command(impl) & PCI_COMMAND_INTX_DISABLE);
}

/* Claim the pin for one delivery, if @forced or asserted by the device. */
static bool vfe_mock_line_begin(struct vfe_mock_impl *impl, bool forced)
{
	unsigned long flags;
	bool go;

	raw_spin_lock_irqsave(&impl->lock, flags);
	go = vfe_mock_has_pin(impl) && !READ_ONCE(impl->irq_masked) &&
	     (forced || impl->m.isr || vfe_mock_window_line(impl) ||
	      vfe_mock_station_line(impl) || vfe_mock_adapter_line(impl));
	if (impl->delivering && go)
		impl->again = true;
	go = go && !impl->delivering;
	if (go)
		WRITE_ONCE(impl->delivering, true);
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	return go;
}

static void vfe_mock_line_end(struct vfe_mock_impl *impl)
{
	unsigned long flags;
	bool again;

	raw_spin_lock_irqsave(&impl->lock, flags);
	WRITE_ONCE(impl->delivering, false);
	again = impl->again;
	impl->again = false;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	if (again)
		vfe_mock_irq_later(impl);
}

static bool vfe_mock_line(struct vfe_mock_impl *impl, bool forced)
{
	bool ran;

	if (!vfe_mock_line_begin(impl, forced))
		return false;
	ran = vfe_mock_deliver(impl->irq);
	vfe_mock_line_end(impl);
	return ran;
}

bool vfe_mock_irq_line(struct vfe_mock_impl *impl)
{
	if (vfe_mock_interruptible())
		return vfe_mock_line(impl, false);
	vfe_mock_irq_later(impl);
	return false;
}

bool vfe_mock_pin(struct vfe_mock *m)
{
	return vfe_mock_interruptible() &&
	       vfe_mock_line(vfe_mock_impl_of(m), true);
}
EXPORT_SYMBOL_GPL(vfe_mock_pin);

/* --- MSI-X --- */

/* The interrupt number that a vector was programmed with, 0 while masked */
static unsigned int vfe_mock_vector_irq(const struct vfe_mock_impl *impl,
					unsigned int vector)
{
	struct vfe_mock_vector entry;

	if (vfe_mock_msix_flags(impl) & PCI_MSIX_FLAGS_MASKALL)
		return 0;
	vfe_mock_access_vector(impl, vector, &entry);
	/* ignore the address: the domain put the number into the data */
	return entry.ctrl & PCI_MSIX_ENTRY_CTRL_MASKBIT ? 0 : entry.data;
}

/*
 * Claim @vector for delivery, or leave it pending. Return: its interrupt
 * number, 0 if there is nothing to deliver now.
 */
static unsigned int vfe_mock_vector_begin(struct vfe_mock_impl *impl,
					  unsigned int vector, bool now)
{
	unsigned int irq = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	/* a message is a write to memory, and that needs bus mastering */
	if (!impl->m.knobs.gone && impl->m.pdev && vector < impl->vectors &&
	    vfe_mock_msix_flags(impl) & PCI_MSIX_FLAGS_ENABLE &&
	    vfe_mock_command(impl) & PCI_COMMAND_MASTER) {
		irq = now ? vfe_mock_vector_irq(impl, vector) : 0;
		if (irq)
			impl->pending &= ~BIT(vector);
		else
			impl->pending |= BIT(vector);
	}
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	return irq;
}

bool vfe_mock_raise(struct vfe_mock *m, unsigned int vector)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	bool now = vfe_mock_interruptible();
	unsigned int irq = vfe_mock_vector_begin(impl, vector, now);

	if (!now)
		vfe_mock_irq_later(impl);
	return irq && vfe_mock_deliver(irq);
}
EXPORT_SYMBOL_GPL(vfe_mock_raise);

/*
 * Deliver pending interrupts: vectors that are unmasked now, a pin that is
 * enabled now
 */
static void vfe_mock_irq_work(struct work_struct *work)
{
	struct vfe_mock_impl *impl = container_of(work, struct vfe_mock_impl,
						  irq_work);
	unsigned int vector;

	for (vector = 0; vector < impl->vectors; vector++)
		if (READ_ONCE(impl->pending) & BIT(vector))
			vfe_mock_raise(&impl->m, vector);
	vfe_mock_irq_line(impl);
}

static u32 *vfe_mock_table_entry(struct vfe_mock_impl *impl, u32 offset)
{
	u32 i = (offset - VFE_MSIX_TABLE) / sizeof(u32);

	if (offset < VFE_MSIX_TABLE ||
	    i >= impl->vectors * sizeof(impl->table[0]) / sizeof(u32))
		return NULL;
	return (u32 *)impl->table + i;
}

u32 vfe_mock_table_read(struct vfe_mock_impl *impl, u32 offset)
{
	const u32 *entry = vfe_mock_table_entry(impl, offset);

	if (entry)
		return *entry;
	return offset == VFE_MSIX_PBA ? impl->pending : 0;
}

void vfe_mock_table_write(struct vfe_mock_impl *impl, u32 offset, u32 val)
{
	u32 *entry = vfe_mock_table_entry(impl, offset);

	if (!entry)
		return;
	*entry = val;
	if (impl->pending)
		impl->todo |= VFE_MOCK_TODO_LATE;
}

void vfe_mock_table_reset(struct vfe_mock_impl *impl)
{
	vfe_mock_access_reset(impl);
	impl->pending = 0;
}

void vfe_mock_irq_init(struct vfe_mock_impl *impl)
{
	impl->irq_masked = true;
	INIT_WORK(&impl->irq_work, vfe_mock_irq_work);
	vfe_mock_table_reset(impl);
}

/* --- interrupts of the device --- */

/* Set bits of isr_status. Return: whether to use MSI-X */
static bool vfe_mock_set_isr(struct vfe_mock_impl *impl, u8 isr)
{
	unsigned long flags;
	bool msix;

	raw_spin_lock_irqsave(&impl->lock, flags);
	msix = vfe_mock_msix_flags(impl) & PCI_MSIX_FLAGS_ENABLE;
	/* 4.1.4.5.1: for a queue only without MSI-X */
	if (!msix || isr & VFE_MOCK_ISR_CONFIG)
		impl->m.isr |= isr;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	return msix;
}

bool vfe_mock_interrupt(struct vfe_mock_queue *mq)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(mq->m);

	if (!vfe_mock_set_isr(impl, VFE_MOCK_ISR_QUEUE))
		return vfe_mock_irq_line(impl);
	return vfe_mock_raise(mq->m, mq->vector);
}
EXPORT_SYMBOL_GPL(vfe_mock_interrupt);

/* Send a configuration change notification. */
static bool vfe_mock_irq_config(struct vfe_mock_impl *impl)
{
	if (!vfe_mock_set_isr(impl, VFE_MOCK_ISR_CONFIG))
		return vfe_mock_irq_line(impl);
	return vfe_mock_raise(&impl->m, impl->m.config_vector);
}

bool vfe_mock_config_interrupt(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	m->generation++;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	return vfe_mock_irq_config(impl);
}
EXPORT_SYMBOL_GPL(vfe_mock_config_interrupt);

bool vfe_mock_needs_reset(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	return vfe_mock_irq_config(impl);
}
EXPORT_SYMBOL_GPL(vfe_mock_needs_reset);

void vfe_mock_settle(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);

	flush_work(&impl->irq_work);
	flush_work(&impl->serve_work);
	flush_work(&impl->irq_work);
}
EXPORT_SYMBOL_GPL(vfe_mock_settle);
