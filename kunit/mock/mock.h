/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtio-pci function that exists only in memory: what suites use of it.
 *
 * A test plugs a function into a bus of the mock's own; the PCI core finds it,
 * drivers bind to it, and every register access arrives here, is logged and
 * answered as the specification asks, or as a knob says. Nothing happens
 * behind a test's back: the device looks at its rings and raises interrupts
 * when the test calls for it, unless an engine (vfe_mock_serve()) is started.
 */
#ifndef VFE_MOCK_H
#define VFE_MOCK_H

#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/types.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include <vfe/wire_blk.h>
#include <vfe/wire_net.h>
#include <vfe/wire_window_net.h>
#include <vfe/wire_window_scsi.h>

#define VFE_MOCK_QUEUES		8	/* most queues of a function */
#define VFE_MOCK_VECTORS	16	/* most entries of its MSI-X table */
#define VFE_MOCK_CONFIG		256	/* bytes of device configuration */
#define VFE_MOCK_SEGS		256	/* most pieces of a chain */

/* An id to which no driver binds: for suites that call the core */
#define VFE_MOCK_DEVICE		(VFE_PCI_DEVICE_BASE + 0xf)

/* Features that a function offers by default */
#define VFE_MOCK_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) | \
				 BIT_ULL(VIRTIO_RING_F_EVENT_IDX) | \
				 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC))

/* First address of memory on a bus that translates */
#define VFE_MOCK_BUS		BIT_ULL(40)

struct vfe_mock;
struct vfe_mock_disk;
struct vfe_mock_station;
struct vfe_mock_adapter;

/**
 * struct vfe_mock_spec - the function to create; 0 stands for the default
 * @device: PCI device id, VFE_MOCK_DEVICE
 * @features: offered; 0 stands for VERSION_1, EVENT_IDX and INDIRECT_DESC
 * @features_high: offered from 64 on: bit 0 stands for 64
 * @queues: how many, 1
 * @queue_size: size that the device offers for each, 64
 * @vectors: entries of the MSI-X table, one more than queues; -1 no MSI-X
 * @no_pin: no INTx pin
 * @no_vendor_cap: no vendor capability
 * @mapped: bit VFE_WIN_x in the vendor capability: window x does not trap
 * @multiplier: notify_off_multiplier, 4; -1 for 0
 * @page_per_vq: notifications have a page for each queue, in a BAR of their own
 * @legacy: has only the interface of virtio 0.9.5, in BAR 0, and no virtio
 *	    capability; @device is then VFE_PCI_OLD_BLOCK by default
 * @transitional: has it beside the modern one
 * @window: has the register window in memory (for vfe_trap_blk); it uses the
 *	    engine's disk; without one, it reads as 0 and ignores writes, so
 *	    that a hook can implement it
 * @station: the register window in memory is that of this network interface
 *	     (for vfe_trap_net)
 * @adapter: it is that of this SCSI host (for vfe_trap_scsi)
 * @config: device-specific configuration, or NULL
 * @config_len: its length in bytes
 * @unbound: no driver binds automatically, see vfe_mock_bind()
 * @translated: its bus has memory from VFE_MOCK_BUS on; until a bound driver is
 *		unbound
 * @disk: the engine serves it from the start, see vfe_mock_serve()
 */
struct vfe_mock_spec {
	u16 device;
	u64 features;
	u64 features_high;
	unsigned int queues;
	unsigned int queue_size;
	int vectors;
	bool no_pin;
	bool no_vendor_cap;
	u32 mapped;
	int multiplier;
	bool page_per_vq;
	bool legacy;
	bool transitional;
	bool window;
	struct vfe_mock_station *station;
	struct vfe_mock_adapter *adapter;
	const void *config;
	unsigned int config_len;
	bool unbound;
	bool translated;
	struct vfe_mock_disk *disk;
};

/**
 * struct vfe_mock_access - one register access, as the device sees it
 * @reg: the register, VFE_NUM_REGS if there is none
 * @dir: read or write
 * @size: bytes
 * @offset: in the register's window, bytes
 * @val: value written or read
 */
struct vfe_mock_access {
	enum vfe_reg reg;
	enum vfe_dir dir;
	unsigned int size;
	u32 offset;
	u32 val;
};

/**
 * struct vfe_mock_knobs - faults of the device; all 0: no fault
 * @refuse_features: FEATURES_OK does not stick
 * @reset_reads: number of reads of device_status that return the old status
 *		 after a reset (ACKNOWLEDGE, if that was 0); UINT_MAX: for ever
 * @reset_ms: additional time of a reset, in milliseconds; another reset
 *	      meanwhile does not restart it
 * @queue_reset_reads: number of reads of queue_reset that return 1; UINT_MAX:
 *		       for ever
 * @vectors_short: refuse mappings (NO_VECTOR) of MSI-X vectors from this one
 *		   on; 0: refuse none
 * @generation_moves: number of times that the configuration (every byte of it)
 *		      and config_generation change right after the driver read a
 *		      field; UINT_MAX: for ever
 * @gone: everything reads as ones and ignores writes, also configuration space
 * @mute: kicks are logged, but ignored: the engine does not wake
 * @access: called for each access before it takes effect; may change @val of a
 *	    write, and returns true to ignore it. For a read it is called with
 *	    the answer in @val and may change it. It must not sleep, since the
 *	    driver may hold a lock.
 * @priv: for @access
 */
struct vfe_mock_knobs {
	bool refuse_features;
	unsigned int reset_reads;
	unsigned int reset_ms;
	unsigned int queue_reset_reads;
	u16 vectors_short;
	unsigned int generation_moves;
	bool gone;
	bool mute;
	bool (*access)(struct vfe_mock *m, struct vfe_mock_access *a);
	void *priv;
};

/**
 * struct vfe_mock_queue - a queue of the device
 * @m: the function
 * @index: of the queue
 * @size: current, as the driver left it
 * @offer: the size after a reset, settable
 * @vector: MSI-X vector or VIRTIO_MSI_NO_VECTOR
 * @enable: as written
 * @notify_off: queue_notify_off, settable before the driver reads it
 * @notif_data: queue_notif_config_data, settable likewise
 * @resets: how often the queue alone was reset
 * @alone: only this queue was reset since the device was, so that it may be set
 *	   up while others run
 * @resetting: its reset has not ended
 * @stale: number of reads of queue_reset that still return 1
 * @packed: the layout, from the negotiated features when enabled
 * @desc: address of the descriptors
 * @driver: address of the driver's part
 * @device: address of the device's part
 * @next: split: available index up to which chains were popped; packed: slot
 * @wrap: packed: wrap counter of @next
 * @used: split: the used index; packed: slot
 * @used_wrap: packed: wrap counter of @used
 * @kicks: notifications received
 * @notified: the value of the last notification
 * @early: notifications that came before DRIVER_OK
 */
struct vfe_mock_queue {
	struct vfe_mock *m;
	u16 index;
	u16 size;
	u16 offer;
	u16 vector;
	u16 enable;
	u16 notify_off;
	u16 notif_data;
	unsigned int resets;
	bool alone;
	bool resetting;
	unsigned int stale;
	bool packed;
	u64 desc;
	u64 driver;
	u64 device;
	u16 next;
	bool wrap;
	u16 used;
	bool used_wrap;
	unsigned int kicks;
	u32 notified;
	unsigned int early;
};

/**
 * struct vfe_mock - a function; suites may read all members
 * @pdev: its PCI device
 * @knobs: its faults, may be changed at any time
 * @config: device-specific configuration, live
 * @config_len: its length
 * @queues: its queues
 * @num_queues: how many
 * @status: device_status
 * @offered: features
 * @accepted: features as the driver wrote them
 * @offered_high: features from 64 on
 * @accepted_high: the same, as the driver wrote them
 * @generation: config_generation
 * @isr: pending bits of isr_status
 * @config_vector: of configuration changes
 * @flrs: function-level resets
 * @log: every access since vfe_mock_log_clear(), oldest first
 * @log_len: entries of it
 * @log_lost: accesses that did not fit into the log; suites check for 0
 * @offence: the first rule that the driver broke, or NULL; the mock checks the
 *	     order of initialisation, widths of accesses, and rings
 */
struct vfe_mock {
	struct pci_dev *pdev;
	struct vfe_mock_knobs knobs;
	u8 config[VFE_MOCK_CONFIG];
	unsigned int config_len;
	struct vfe_mock_queue queues[VFE_MOCK_QUEUES];
	unsigned int num_queues;
	u8 status;
	u64 offered;
	u64 accepted;
	u64 offered_high;
	u64 accepted_high;
	u8 generation;
	u8 isr;
	u16 config_vector;
	unsigned int flrs;
	struct vfe_mock_access *log;
	unsigned int log_len;
	unsigned int log_lost;
	const char *offence;
	/* private to the mock: */
	struct vfe_mock_impl *impl;
};

/* --- the bus --- */

/*
 * Plug a function in and let the PCI core discover it; a matching driver binds.
 * Unplugged when the test ends. NULL on failure, which fails the test. May
 * sleep.
 */
struct vfe_mock *vfe_mock_plug(struct kunit *test,
			       const struct vfe_mock_spec *spec);
/*
 * Unplug it; the driver's remove() runs. Only once per function. The contents
 * of *@m (log, counts, offence) stay until the test ends; pdev is NULL.
 */
void vfe_mock_unplug(struct vfe_mock *m);
/*
 * Bind the driver with this name ("vfe_blk", "vfe_trap_blk"), as by
 * driver_override; and unbind it. Return: whether its probe succeeded.
 */
bool vfe_mock_bind(struct vfe_mock *m, const char *driver);
void vfe_mock_unbind(struct vfe_mock *m);
/*
 * Surprise removal: from now on all reads return ones. The PCI core learns of
 * it only by vfe_mock_unplug().
 */
void vfe_mock_vanish(struct vfe_mock *m);
/*
 * A bus that translates no longer reaches the page at @at: a driver's mapping
 * of it fails. NULL: it reaches all. Only in a build with mock/dma.h.
 */
void vfe_mock_hide(struct vfe_mock *m, void *at);
static inline bool vfe_mock_can_hide(void)
{
#ifdef VFE_MOCK_DMA_H
	return true;
#else
	return false;
#endif
}

/*
 * Configuration space, for tests that change it, for example to malformed
 * lists.
 */
u8 *vfe_mock_config_space(struct vfe_mock *m);
#define VFE_MOCK_CONFIG_SPACE	256
/*
 * The position of a virtio capability (VIRTIO_PCI_CAP_*) in configuration
 * space.
 */
u8 vfe_mock_cap(struct vfe_mock *m, u8 cfg_type);
/* Writes to virtio capabilities (but PCI_CFG) since it was plugged */
unsigned int vfe_mock_cap_writes(struct vfe_mock *m);

/* --- the log --- */

void vfe_mock_log_clear(struct vfe_mock *m);
/* accesses of a register in the log */
unsigned int vfe_mock_count(const struct vfe_mock *m, enum vfe_reg reg,
			    enum vfe_dir dir);
/* first entry from @from on of that register and direction, -1 if none */
int vfe_mock_find(const struct vfe_mock *m, unsigned int from,
		  enum vfe_reg reg, enum vfe_dir dir);

/* --- rings, as the device sees them --- */

struct vfe_mock_seg {
	u64 addr;
	u32 len;
	bool write;	/* the device may write there */
};

struct vfe_mock_chain {
	u16 id;			/* head, or the packed buffer id */
	u16 descs;		/* of the ring that it takes */
	bool indirect;
	unsigned int out;	/* segments that the device reads */
	unsigned int in;	/* and those it writes, behind them */
	u32 in_len;		/* bytes of the latter */
	struct vfe_mock_seg segs[VFE_MOCK_SEGS];
};

/* bus address -> its memory, or NULL; physical, or from VFE_MOCK_BUS on */
void *vfe_mock_mem(u64 addr);

/* chains that are available and not popped; reads the available index once */
unsigned int vfe_mock_available(struct vfe_mock_queue *mq);
/*
 * Pop the next chain. 1, 0 when there is none, -EINVAL when it breaks a rule
 * of the ring (m->offence says which).
 */
int vfe_mock_pop(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain);
/*
 * Use a chain: element, then index (or flags). Any id and length are possible.
 */
void vfe_mock_push(struct vfe_mock_queue *mq, u16 id, u32 len, u16 descs);
/*
 * IN_ORDER: use @n chains, @ids in the order in which they were popped, by one
 * element (2.7.9, 2.8.8). @len is of the last; @descs the sum of all.
 */
void vfe_mock_push_batch(struct vfe_mock_queue *mq, const u16 *ids,
			 unsigned int n, u32 len, u16 descs);
/* the same as vfe_mock_push(), but the element holds a 32-bit id, split only */
void vfe_mock_push_raw(struct vfe_mock_queue *mq, u32 id, u32 len);
/* Does the driver want an interrupt for buffers pushed from @old_used on? */
bool vfe_mock_wants_interrupt(struct vfe_mock_queue *mq, u16 old_used);

/* split ring: single fields */
u16 vfe_mock_avail_idx(struct vfe_mock_queue *mq);
u16 vfe_mock_avail_flags(struct vfe_mock_queue *mq);
u16 vfe_mock_used_event(struct vfe_mock_queue *mq);
u16 vfe_mock_used_idx(struct vfe_mock_queue *mq);
void vfe_mock_set_used_idx(struct vfe_mock_queue *mq, u16 idx);
void vfe_mock_set_used_flags(struct vfe_mock_queue *mq, u16 flags);
void vfe_mock_set_avail_event(struct vfe_mock_queue *mq, u16 idx);

/* --- interrupts --- */

/*
 * Raise the queue's interrupt: its vector, or the ISR bit and the pin. Handlers
 * run before this returns, in interrupt context. A work item delivers a vector
 * when it is unmasked, and an interrupt raised while interrupts were disabled.
 * Return: whether a handler has run.
 */
bool vfe_mock_interrupt(struct vfe_mock_queue *mq);
/* Configuration change: new generation, then the interrupt. */
bool vfe_mock_config_interrupt(struct vfe_mock *m);
/* Set DEVICE_NEEDS_RESET and raise a configuration interrupt. */
bool vfe_mock_needs_reset(struct vfe_mock *m);
/* raise one MSI-X vector, of any purpose */
bool vfe_mock_raise(struct vfe_mock *m, unsigned int vector);
/*
 * Raise the pin without setting isr_status (another function on the line, or a
 * window that a hook implements); dropped if it cannot be delivered.
 */
bool vfe_mock_pin(struct vfe_mock *m);
/*
 * Wait for delayed interrupts and for the engine. May sleep.
 */
void vfe_mock_settle(struct vfe_mock *m);

/* --- the engine --- */

/**
 * struct vfe_mock_disk - the disk of the engine, with faults
 * @data: the sectors
 * @sectors: of 512 bytes
 * @serial: for GET_ID
 * @requests: served so far
 * @flushes: of them
 * @readonly: writes fail; plug_disk sets it from VIRTIO_BLK_F_RO
 * @status: status to return instead of the real one, if not 0 (VIRTIO_BLK_S_*)
 * @request: called with each chain before it is served; returns true if it
 *	     handled the chain (pushed it, kept it, pushed invalid values)
 * @priv: for @request
 */
struct vfe_mock_disk {
	u8 *data;
	u64 sectors;
	char serial[20];
	unsigned int requests;
	unsigned int flushes;
	bool readonly;
	u8 status;
	bool (*request)(struct vfe_mock_disk *disk, struct vfe_mock_queue *mq,
			struct vfe_mock_chain *chain);
	void *priv;
};

/*
 * Be a disk: from DRIVER_OK on a work item pops what is kicked, serves it,
 * pushes it and interrupts as the driver asked. @disk stays the test's; served
 * until the function is unplugged. @m must offer VIRTIO_BLK features and hold a
 * struct virtio_blk_config; vfe_mock_plug_disk() sees to both. A chain that
 * breaks a rule makes the device set DEVICE_NEEDS_RESET.
 */
int vfe_mock_serve(struct vfe_mock *m, struct vfe_mock_disk *disk);
/* Serve all available chains, in the caller's context. Return: their number. */
unsigned int vfe_mock_serve_once(struct vfe_mock *m);
/*
 * Plug a disk in: a virtio-blk function with @sectors of memory, which the
 * engine serves. @device is VFE_PCI_DEVICE_BLOCK for the driver to bind by
 * itself. @more (may be NULL) overrides parts of the spec, @features is added
 * to those a disk needs.
 */
struct vfe_mock *vfe_mock_plug_disk(struct kunit *test,
				    const struct vfe_mock_spec *more,
				    u64 features, u64 sectors,
				    struct vfe_mock_disk **disk);

/* --- the network interface behind a register window --- */

/**
 * struct vfe_mock_station - a network interface, with faults; stays the test's
 * @mac: its address
 * @pages: of packet memory, at most VFE_NET_MAX_PAGES
 * @down: the link is down
 * @busy: frames are sent only by vfe_mock_station_sent()
 * @refuse: TRANSMIT fails
 * @dead: does not start
 * @quiet: receives without an interrupt
 * @sent: frames that the driver sent
 * @frame: the last of them
 * @frame_len: its length
 * @last_page: where the last received frame is
 * @resets: of the window, and of the function
 * @started: receives
 * @address: the MAC address that the driver set
 * @start: the ring, as the driver has set it up
 * @stop: behind it
 * @boundary: page that the driver reads next
 * @current_page: page that the device writes next
 * @missed: frames without room
 * @transmitting: a frame is on its way
 * @refused: the last TRANSMIT failed
 * @irq_enabled: in the control register
 * @interrupts: interrupt_status
 * @mask: interrupt_mask
 * @regs: registers that only keep their values, from the first one on
 * @memory: packet memory
 */
struct vfe_mock_station {
	u8 mac[6];
	u16 pages;
	bool down;
	bool busy;
	bool refuse;
	bool dead;
	bool quiet;
	unsigned int sent;
	u8 frame[VFE_NET_WINDOW_FRAME];
	unsigned int frame_len;
	u32 last_page;
	unsigned int resets;
	bool started;
	u8 address[6];
	u32 start;
	u32 stop;
	u32 boundary;
	u32 current_page;
	u32 missed;
	bool transmitting;
	bool refused;
	bool irq_enabled;
	u32 interrupts;
	u32 mask;
	u32 regs[16];
	u8 memory[VFE_NET_MAX_PAGES * VFE_NET_PAGE_SIZE];
};

/* A frame arrives. Return: whether there was room for it */
bool vfe_mock_station_receive(struct vfe_mock *m, const void *frame,
			      unsigned int len);
/* The frame under way is sent. */
void vfe_mock_station_sent(struct vfe_mock *m);
/* Raise interrupts, VFE_NET_INT_*. */
void vfe_mock_station_interrupt(struct vfe_mock *m, u32 which);

/* --- the SCSI host behind a register window --- */

#define VFE_MOCK_ADAPTER_COUNT	(128 << 10)	/* bytes of data of a command */
#define VFE_MOCK_ADAPTER_UNITS	8		/* most units */
#define VFE_MOCK_ADAPTER_BLOCKS	1024		/* of 512 bytes, of each disk */

/**
 * struct vfe_mock_adapter - a SCSI host, with faults; stays the test's
 * @units: addresses of its units, vfe_scsi_window_address(); all share one
 *	   disk's data
 * @num_units: how many
 * @max_count: bytes of data that it says a command may have
 * @error: refuses reads and writes at once, VFE_SCSI_ERR_*
 * @status: SCSI status of reads and writes, in place of GOOD
 * @sense_len: bytes of sense data with @status
 * @less: bytes by which reads and writes move less
 * @commands: CDBs executed
 * @luns: of them REPORT LUNS
 * @last: the last CDB, with zeroes behind it
 * @last_words: its words
 * @unit_resets: units that were reset, one by one
 * @bus_resets: resets of all
 * @reset_address: the unit of the last reset
 * @resets: of the window, and of the function
 * @irq_enabled: in the control register
 * @irq_pending: an interrupt is pending
 * @phase: 0 idle, otherwise the command whose data are moved
 * @address: as the driver wrote it
 * @count: the same
 * @cdb: the command FIFO
 * @cdb_words: words in it
 * @command: the last command
 * @state: what status has beside the phase and the interrupt
 * @moved: bytes that the last command moved
 * @words: of data of the command under way
 * @next: of them, the next one
 * @sense: the sense FIFO
 * @sense_next: the next byte of it
 * @fifo: the data FIFO
 * @data: of the disk
 */
struct vfe_mock_adapter {
	u32 units[VFE_MOCK_ADAPTER_UNITS];
	unsigned int num_units;
	u32 max_count;
	u8 error;
	u8 status;
	u8 sense_len;
	u32 less;
	unsigned int commands;
	unsigned int luns;
	u8 last[4 * VFE_SCSI_WINDOW_CDB];
	unsigned int last_words;
	unsigned int unit_resets;
	unsigned int bus_resets;
	u32 reset_address;
	unsigned int resets;
	bool irq_enabled;
	bool irq_pending;
	u32 phase;
	u32 address;
	u32 count;
	__le32 cdb[VFE_SCSI_WINDOW_CDB];
	unsigned int cdb_words;
	u32 command;
	u32 state;
	u32 moved;
	u32 words;
	u32 next;
	u8 sense[VFE_SCSI_WINDOW_SENSE + 4];
	u32 sense_next;
	u8 fifo[VFE_MOCK_ADAPTER_COUNT];
	u8 data[VFE_MOCK_ADAPTER_BLOCKS * 512];
};

/* Fails the test if a rule was broken or an access was lost. */
#define VFE_MOCK_EXPECT_CLEAN(test, m) do { \
	struct kunit *_vfe_test = (test); \
	const struct vfe_mock *_vfe_m = (m); \
\
	KUNIT_EXPECT_STREQ(_vfe_test, _vfe_m->offence ?: "", ""); \
	KUNIT_EXPECT_EQ(_vfe_test, _vfe_m->log_lost, 0U); \
} while (0)

#endif /* VFE_MOCK_H */
