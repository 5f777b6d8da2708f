/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the mock share: the private part of a function, and what
 * each file offers to those after it. Suites see mock.h only.
 *
 * One raw spinlock a function guards all that the device remembers, so that
 * drivers may reach it from any context. It is never held while a handler, a
 * hook of a suite or the work of the engine runs.
 */
#ifndef VFE_MOCK_INTERNAL_H
#define VFE_MOCK_INTERNAL_H

#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/unaligned.h>
#include <linux/workqueue.h>

#include "mock.h"

#define VFE_MOCK_SLOTS		8	/* functions on the bus at a time */
#define VFE_MOCK_SLOT_SIZE	SZ_64K	/* of the memory that BARs are in */
#define VFE_MOCK_LOG		65536	/* accesses that the log holds */
#define VFE_MOCK_RING		32768	/* largest queue */
#define VFE_MOCK_WINDOW_COUNT	256	/* sectors in a request of the window */
#define VFE_MOCK_WINDOW_BYTES	(VFE_MOCK_WINDOW_COUNT * VFE_SECTOR_SIZE)
#define VFE_MOCK_BAR_NOTIFY	3	/* memory: one page per queue */
#define VFE_MOCK_CAP_KINDS	10	/* VIRTIO_PCI_CAP_*, the vendor's last */

/* Work to do after the lock is dropped */
#define VFE_MOCK_TODO_SERVE	BIT(0)	/* wake the engine */
#define VFE_MOCK_TODO_LINE	BIT(1)	/* the pin was asserted */
#define VFE_MOCK_TODO_LATE	BIT(2)	/* interrupts that waited may go now */

/**
 * struct vfe_mock_bar - a base address register
 * @impl: its function
 * @index: its number
 * @size: bytes, 0 when the function does not have it
 */
struct vfe_mock_bar {
	struct vfe_mock_impl *impl;
	unsigned int index;
	u32 size;
};

/* An entry of the MSI-X table, as in memory */
struct vfe_mock_vector {
	u32 addr_lo;
	u32 addr_hi;
	u32 data;
	u32 ctrl;
};

/* The register window, see window.c */
struct vfe_mock_window {
	unsigned int state;
	u32 error;
	u64 sector;
	u32 count;
	u32 command;
	bool irq_enabled;
	bool irq_pending;
	u32 words;
	u32 next;
	__le32 *data;
};

/**
 * struct vfe_mock_impl - a function, the mock's part
 * @m: the suites' part
 * @lock: protects both, except for @m.knobs
 * @slot: device number on the bus
 * @todo: VFE_MOCK_TODO_*
 * @log: the whole memory of the log, returned to its pool at unplug
 * @spare: the log in a smaller piece, after unplug
 * @space: configuration space
 * @rw: mask of its writable bits
 * @caps: where the virtio capabilities are, by cfg_type
 * @msix: where the MSI-X capability is, 0 when there is none
 * @af: where the Advanced Features capability is
 * @cap_writes: see vfe_mock_cap_writes()
 * @bars: base address registers
 * @mappings: number of current mappings of BARs
 * @multiplier: notify_off_multiplier
 * @legacy: has the interface of 0.9.5
 * @vectors: entries of @table
 * @table: MSI-X table
 * @pending: bits of the MSI-X pending bit array
 * @irq: interrupt number of the pin
 * @irq_masked: at the interrupt controller
 * @delivering: the pin's handler runs
 * @again: the pin was asserted meanwhile
 * @irq_work: delivers interrupts that could not be delivered at once
 * @device_select: device_feature_select
 * @driver_select: driver_feature_select
 * @queue_select: the register
 * @was_reset: the driver reset the device at least once
 * @resetting: the driver has not yet seen the end of the reset
 * @stale: reads that still show @old_status
 * @old_status: before the reset
 * @reset_wanted: by the driver, while the engine is busy
 * @exposed: one bit per queue and head: the driver made it available
 * @window: the register window
 * @station: the network interface behind the register window, or NULL
 * @adapter: the SCSI host behind the register window, or NULL
 * @disk: the engine's disk, or NULL
 * @chain: the engine's
 * @serving: the engine is serving a chain
 * @serve_mutex: one engine at a time
 * @serve_work: runs the engine
 * @test: to which the function belongs
 */
struct vfe_mock_impl {
	struct vfe_mock m;
	raw_spinlock_t lock;	/* see above */
	unsigned int slot;
	unsigned int todo;
	struct vfe_mock_access *log;
	struct vfe_mock_access *spare;

	u8 space[VFE_MOCK_CONFIG_SPACE];
	u8 rw[VFE_MOCK_CONFIG_SPACE];
	u8 caps[VFE_MOCK_CAP_KINDS];
	u8 msix;
	u8 af;
	unsigned int cap_writes;
	struct vfe_mock_bar bars[PCI_STD_NUM_BARS];
	atomic_t mappings;
	u32 multiplier;
	bool legacy;

	unsigned int vectors;
	struct vfe_mock_vector table[VFE_MOCK_VECTORS];
	u32 pending;
	int irq;
	bool irq_masked;
	bool delivering;
	bool again;
	struct work_struct irq_work;

	u32 device_select;
	u32 driver_select;
	u16 queue_select;
	bool was_reset;
	bool resetting;
	unsigned int stale;
	unsigned long reset_end;	/* in jiffies, 0 when none takes time */
	u8 old_status;
	bool reset_wanted;
	unsigned long *exposed[VFE_MOCK_QUEUES];

	struct vfe_mock_window window;
	struct vfe_mock_station *station;
	struct vfe_mock_adapter *adapter;

	struct vfe_mock_disk *disk;
	struct vfe_mock_chain *chain;
	bool serving;
	struct mutex serve_mutex;	/* see above */
	struct work_struct serve_work;
	struct kunit *test;
};

static inline struct vfe_mock_impl *vfe_mock_impl_of(const struct vfe_mock *m)
{
	return m->impl;
}

/* The driver broke a rule; the first one is kept. Any context. */
static inline void vfe_mock_offend(struct vfe_mock *m, const char *rule)
{
	if (!m->offence)
		WRITE_ONCE(m->offence, rule);
}

static inline bool vfe_mock_accepted(const struct vfe_mock *m, unsigned int bit)
{
	return m->accepted & BIT_ULL(bit);
}

static inline u16 vfe_mock_command(const struct vfe_mock_impl *impl)
{
	return get_unaligned_le16(impl->space + PCI_COMMAND);
}

/* MSI-X message control, 0 (not enabled) when there is no MSI-X */
static inline u16 vfe_mock_msix_flags(const struct vfe_mock_impl *impl)
{
	return impl->msix ? get_unaligned_le16(impl->space + impl->msix +
					       PCI_MSIX_FLAGS) : 0;
}

static inline u64 vfe_mock_bar_addr(const struct vfe_mock_impl *impl,
				    unsigned int bar)
{
	const u8 *at = impl->space + PCI_BASE_ADDRESS_0 + 4 * bar;
	u64 low = get_unaligned_le32(at);

	if (low & PCI_BASE_ADDRESS_MEM_TYPE_64)
		low |= (u64)get_unaligned_le32(at + 4) << 32;
	return low & PCI_BASE_ADDRESS_MEM_MASK;
}

/* The files in their order: each calls only those before it. */

/* --- slots.c --- */
extern struct workqueue_struct *vfe_mock_wq;
struct vfe_mock_impl *vfe_mock_at_slot(unsigned int slot);
void vfe_mock_set_slot(unsigned int slot, struct vfe_mock_impl *impl);
/* the BAR that holds @len bytes at bus address @addr, NULL if none */
struct vfe_mock_bar *vfe_mock_bar_at(u64 addr, u64 len, u32 *offset);

/* --- log.c --- */
int vfe_mock_log_init(struct vfe_mock_impl *impl);
/* Keep the logged entries, free the rest. */
void vfe_mock_log_shrink(struct vfe_mock_impl *impl);
void vfe_mock_log_exit(struct vfe_mock_impl *impl);
/* Return: its index, UINT_MAX if the log is full; locked */
unsigned int vfe_mock_log_add(struct vfe_mock_impl *impl,
			      const struct vfe_mock_access *a);
void vfe_mock_log_answer(struct vfe_mock_impl *impl, unsigned int entry,
			 const struct vfe_mock_access *a);

/* --- access_*.c: the CPU's accesses, which it passes on --- */
struct vfe_mock_access_ops {
	u32 (*read)(struct vfe_mock_bar *bar, u32 offset, unsigned int size);
	void (*write)(struct vfe_mock_bar *bar, u32 offset, unsigned int size,
		      u32 val);
};

int vfe_mock_access_init(struct resource **win,
			 const struct vfe_mock_access_ops *ops);
int vfe_mock_access_bridge(struct pci_host_bridge *bridge);
/* an entry of the MSI-X table, as it was programmed; locked */
void vfe_mock_access_vector(const struct vfe_mock_impl *impl,
			    unsigned int vector, struct vfe_mock_vector *entry);
/* mask all entries; locked */
void vfe_mock_access_reset(struct vfe_mock_impl *impl);
/* the interrupt number of a pin is in pdev->irq already */
void vfe_mock_access_pin(struct pci_dev *pdev);

/* --- chain.c --- */
/* A rule of the ring is broken. Return: -EINVAL */
int vfe_mock_bad(struct vfe_mock_queue *mq, const char *rule);
/* Append a segment to a chain. Return: 0 or -EINVAL, offence noted */
int vfe_mock_chain_add(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain,
		       u64 addr, u32 len, bool write);
/* Is all of it memory? Return: 0 or -EINVAL, offence noted */
int vfe_mock_chain_check(struct vfe_mock_queue *mq,
			 const struct vfe_mock_chain *chain);
/* @len bytes from @addr on; they need not lie in one piece of memory */
bool vfe_mock_is_memory(u64 addr, u64 len);
/*
 * The rule that flags of a descriptor break, NULL if none; @known are all that
 * there are.
 */
const char *vfe_mock_flags_rule(struct vfe_mock_queue *mq, u16 flags,
				u16 known);

/* --- split.c and packed.c: all locked --- */
u16 vfe_mock_split_idx(struct vfe_mock_queue *mq);
unsigned int vfe_mock_split_available(struct vfe_mock_queue *mq);
int vfe_mock_split_pop(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain);
/* IN_ORDER: an element for @n chains, the last of which has @id */
void vfe_mock_split_push(struct vfe_mock_queue *mq, u32 id, u32 len,
			 unsigned int n);
bool vfe_mock_split_wants(struct vfe_mock_queue *mq, u16 old_used);
/* request kicks from the driver, from the current position */
void vfe_mock_split_want_kicks(struct vfe_mock_queue *mq);
const char *vfe_mock_split_check(struct vfe_mock_queue *mq);

unsigned int vfe_mock_packed_available(struct vfe_mock_queue *mq);
int vfe_mock_packed_pop(struct vfe_mock_queue *mq,
			struct vfe_mock_chain *chain);
void vfe_mock_packed_push(struct vfe_mock_queue *mq, u16 id, u32 len,
			  u16 descs);
bool vfe_mock_packed_wants(struct vfe_mock_queue *mq, u16 old_used);
const char *vfe_mock_packed_check(struct vfe_mock_queue *mq);

/* --- status.c: all locked --- */
u32 vfe_mock_status_read(struct vfe_mock_impl *impl);
void vfe_mock_status_write(struct vfe_mock_impl *impl, u8 val);
void vfe_mock_reset(struct vfe_mock_impl *impl);
void vfe_mock_queue_reset(struct vfe_mock_impl *impl,
			  struct vfe_mock_queue *mq);

/* --- queues.c: all locked --- */
u32 vfe_mock_queue_read(struct vfe_mock_impl *impl, enum vfe_reg reg);
void vfe_mock_queue_write(struct vfe_mock_impl *impl, enum vfe_reg reg,
			  u32 val);
void vfe_mock_notify(struct vfe_mock_impl *impl,
		     const struct vfe_mock_access *a);
u16 vfe_mock_vector_write(struct vfe_mock_impl *impl, u32 val);
/* may the device access this queue's memory now? */
bool vfe_mock_queue_live(struct vfe_mock_queue *mq);

/* rings.c is here: what mock.h has of rings */

/* --- registers.c: all locked --- */
void vfe_mock_registers_init(void);
/* the register that begins there, ranges left out */
enum vfe_reg vfe_mock_register_begins(enum vfe_window_id win, u32 offset);
enum vfe_reg vfe_mock_register_at(enum vfe_window_id win, u32 offset);
/* is there a register, of that width? */
bool vfe_mock_access_ok(struct vfe_mock *m, const struct vfe_mock_access *a);
u32 vfe_mock_register_read(struct vfe_mock_impl *impl, enum vfe_window_id win,
			   const struct vfe_mock_access *a);
void vfe_mock_register_write(struct vfe_mock_impl *impl, enum vfe_window_id win,
			     const struct vfe_mock_access *a);
u32 vfe_mock_isr_read(struct vfe_mock_impl *impl);
/* the offset of these is in the configuration */
u32 vfe_mock_fields_read(struct vfe_mock_impl *impl,
			 const struct vfe_mock_access *a);
void vfe_mock_fields_write(struct vfe_mock_impl *impl,
			   const struct vfe_mock_access *a);

/* --- legacy.c: all locked --- */
enum vfe_reg vfe_mock_legacy_at(const struct vfe_mock_impl *impl, u32 offset);
u32 vfe_mock_legacy_read(struct vfe_mock_impl *impl,
			 const struct vfe_mock_access *a);
void vfe_mock_legacy_write(struct vfe_mock_impl *impl,
			   const struct vfe_mock_access *a);

/* --- window.c: all locked --- */
void vfe_mock_window_reset(struct vfe_mock_impl *impl);
bool vfe_mock_window_line(const struct vfe_mock_impl *impl);
u32 vfe_mock_window_read(struct vfe_mock_impl *impl,
			 const struct vfe_mock_access *a);
void vfe_mock_window_write(struct vfe_mock_impl *impl,
			   const struct vfe_mock_access *a);

/* --- irq.c; station.c, which follows it, interrupts by itself --- */
int vfe_mock_irq_alloc(unsigned int slot);
void vfe_mock_irq_init(struct vfe_mock_impl *impl);
/* the pin's level changed to high: run handlers, or later */
bool vfe_mock_irq_line(struct vfe_mock_impl *impl);
/* a work item delivers what can be delivered then */
void vfe_mock_irq_later(struct vfe_mock_impl *impl);
u32 vfe_mock_table_read(struct vfe_mock_impl *impl, u32 offset);
void vfe_mock_table_write(struct vfe_mock_impl *impl, u32 offset, u32 val);
/* every vector masked, as after a reset of the function */
void vfe_mock_table_reset(struct vfe_mock_impl *impl);

/* --- station.c: all locked; without a station, the window is a disk's --- */
void vfe_mock_station_reset(struct vfe_mock_impl *impl);
bool vfe_mock_station_line(const struct vfe_mock_impl *impl);
u32 vfe_mock_station_read(struct vfe_mock_impl *impl,
			  const struct vfe_mock_access *a);
void vfe_mock_station_write(struct vfe_mock_impl *impl,
			    const struct vfe_mock_access *a);

/* --- adapter.c: all locked; likewise --- */
void vfe_mock_adapter_reset(struct vfe_mock_impl *impl);
bool vfe_mock_adapter_line(const struct vfe_mock_impl *impl);
u32 vfe_mock_adapter_read(struct vfe_mock_impl *impl,
			  const struct vfe_mock_access *a);
void vfe_mock_adapter_write(struct vfe_mock_impl *impl,
			    const struct vfe_mock_access *a);

/* --- disk.c --- */
void vfe_mock_disk_stop(struct vfe_mock_impl *impl);
void vfe_mock_serve_work(struct work_struct *work);

/* --- bar.c --- */
u32 vfe_mock_bar_read(struct vfe_mock_bar *bar, u32 offset, unsigned int size);
void vfe_mock_bar_write(struct vfe_mock_bar *bar, u32 offset, unsigned int size,
			u32 val);

/* --- space.c --- */
void vfe_mock_space_init(struct vfe_mock_impl *impl,
			 const struct vfe_mock_spec *spec);
void vfe_mock_space_place(struct vfe_mock_impl *impl, u32 base);
u32 vfe_mock_space_read(struct vfe_mock_impl *impl, int where, int size);
void vfe_mock_space_write(struct vfe_mock_impl *impl, int where, int size,
			  u32 val);

/* bus.c comes last: a function's life, and the module */

#endif /* VFE_MOCK_INTERNAL_H */
