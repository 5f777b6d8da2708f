/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_trap_blk: the register window and the disk on it, and the
 * functions that its files share.
 */
#ifndef VFE_TRAP_H
#define VFE_TRAP_H

#include <linux/blk-mq.h>
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <vfe/regs.h>
#include <vfe/stats.h>
#include <vfe/wire.h>

#define VFE_TRAP_BLK_NAME "vfe_trap_blk"

/* sectors that a device must at least accept in a request */
#define VFE_TRAP_BLK_MIN_SECTORS (PAGE_SIZE >> SECTOR_SHIFT)

/* most sectors in a request, even if the device accepts more */
#define VFE_TRAP_BLK_MAX_SECTORS 2048

/*
 * For IDENTIFY, in probe and resume. The timeout of a request only says when to
 * check for its answer.
 */
#define VFE_TRAP_BLK_TIMEOUT (10 * HZ)

/* longest wait for a reset: in probe, and in each attempt after a sleep */
#define VFE_TRAP_PROBE_MS 60000
#define VFE_TRAP_RESUME_MS 1000

/* how long a request in flight may delay a suspend, or a removal */
#define VFE_TRAP_SUSPEND_WAIT (5 * HZ)
#define VFE_TRAP_BLK_REMOVE_WAIT (30 * HZ)

/* longest pause between two attempts to wake a device */
#define VFE_TRAP_MAX_PAUSE (60 * HZ)

/**
 * enum vfe_trap_style - how the driver accesses the registers
 * @VFE_TRAP_PORT: I/O ports
 * @VFE_TRAP_MEMORY: memory
 */
enum vfe_trap_style {
	VFE_TRAP_PORT,
	VFE_TRAP_MEMORY,
};

/**
 * enum vfe_trap_phase - the state of the one request
 * @VFE_TRAP_IDLE: no command in flight, or the driver reads its data words
 * @VFE_TRAP_WAITING: a command was written, and is not answered yet
 * @VFE_TRAP_ANSWERED: the interrupt came, and its status was saved
 * @VFE_TRAP_GONE: the function is gone; only vfe_trap_check_back() leaves this
 */
enum vfe_trap_phase {
	VFE_TRAP_IDLE,
	VFE_TRAP_WAITING,
	VFE_TRAP_ANSWERED,
	VFE_TRAP_GONE,
};

/**
 * struct vfe_trap_layout - the registers of one style
 * @win: the window that they are in
 * @flag: the resource flag its BAR must have
 * @len: bytes of the BAR that the driver uses
 * @string_len: the same, with string instructions
 * @sector_lo: register, as wire.h has it
 * @sector_hi: register
 * @count: register
 * @command: register
 * @status: register
 * @error: register
 * @data: register
 * @control: register
 * @string: register or range for string instructions
 */
struct vfe_trap_layout {
	enum vfe_window_id win;
	unsigned long flag;
	u32 len;
	u32 string_len;
	enum vfe_reg sector_lo;
	enum vfe_reg sector_hi;
	enum vfe_reg count;
	enum vfe_reg command;
	enum vfe_reg status;
	enum vfe_reg error;
	enum vfe_reg data;
	enum vfe_reg control;
	enum vfe_reg string;
};

/**
 * struct vfe_trap - the register window and the request in it
 * @pdev: the function
 * @regs: access to registers, and its counts
 * @stats: other counts
 * @layout: the registers in use
 * @bar: the BAR of these
 * @string: string instructions move the data
 * @lock: protects @phase and @status
 * @phase: state of the request
 * @status: status register, as the interrupt read it
 * @command: command of the request
 * @error: error register of the last request that failed
 * @answered: completed by the interrupt, or to stop the wait for it
 * @stop: do not wait for the device, see vfe_trap_stop_waits()
 */
struct vfe_trap {
	struct pci_dev *pdev;
	struct vfe_regs regs;
	struct vfe_stats stats;
	const struct vfe_trap_layout *layout;
	int bar;
	bool string;
	spinlock_t lock;	/* phase and status */
	enum vfe_trap_phase phase;
	u32 status;
	enum vfe_command command;
	u32 error;
	struct completion answered;
	bool stop;
};

/**
 * struct vfe_trap_blk - the disk on the window
 * @window: the window; one request at a time uses it
 * @queue: workqueue that runs the requests, in order
 * @sysfs: the counters' files
 * @tags: tags of blk-mq
 * @disk: its gendisk, NULL until it is created
 * @index: N of the name vfetN
 * @capacity: in sectors
 * @max_sectors: in one request
 * @flags: VFE_IDENTIFY_*
 * @asleep: requests wait in the block layer for a resume
 * @saved: PCI configuration space, as it was in probe
 * @halt: stops a request in flight that delays a suspend
 * @wake: tries to wake a device that did not answer after a sleep
 * @pause: pause before the next attempt, in jiffies
 * @serial: serial number, maybe without a terminating NUL
 */
struct vfe_trap_blk {
	struct vfe_trap window;
	struct workqueue_struct *queue;
	struct vfe_sysfs *sysfs;
	struct blk_mq_tag_set tags;
	struct gendisk *disk;
	int index;
	u64 capacity;
	u32 max_sectors;
	u32 flags;
	bool asleep;
	struct pci_saved_state *saved;
	struct delayed_work halt;
	struct delayed_work wake;
	unsigned long pause;
	char serial[VFE_SERIAL_LEN];
};

/**
 * struct vfe_trap_blk_request - driver data of a request (the pdu of blk-mq)
 * @work: runs the request
 */
struct vfe_trap_blk_request {
	struct work_struct work;
};

/* --- bars.c --- */
int vfe_trap_map(struct vfe_trap *trap, enum vfe_trap_style style);
void vfe_trap_unmap(struct vfe_trap *trap);

/* --- window.c --- */
int vfe_trap_open(struct vfe_trap *trap);
void vfe_trap_close(struct vfe_trap *trap);
int vfe_trap_reset(struct vfe_trap *trap, unsigned int most);
void vfe_trap_disable_irq(struct vfe_trap *trap);
void vfe_trap_set_gone(struct vfe_trap *trap);
int vfe_trap_check_back(struct vfe_trap *trap);
bool vfe_trap_stop_waits(struct vfe_trap *trap, bool stop);
int vfe_trap_begin(struct vfe_trap *trap, enum vfe_command command,
		   u64 sector, u32 count);
int vfe_trap_wait(struct vfe_trap *trap, unsigned long timeout,
		  bool patient);
bool vfe_trap_answered(struct vfe_trap *trap);
int vfe_trap_read(struct vfe_trap *trap, void *buf, unsigned int bytes);
void vfe_trap_write(struct vfe_trap *trap, const void *buf,
		    unsigned int bytes);

/* --- blk/request.c --- */
extern const struct blk_mq_ops vfe_trap_blk_mq_ops;
int vfe_trap_blk_send_identify(struct vfe_trap *trap, struct vfe_identify *id);

/* --- recovery.c --- */
int vfe_trap_recovery_init(struct vfe_trap_blk *tb);
void vfe_trap_recovery_exit(struct vfe_trap_blk *tb);
void vfe_trap_quiesce(struct vfe_trap_blk *tb, unsigned long patience);
int vfe_trap_resume(struct vfe_trap_blk *tb);
extern const struct pci_error_handlers vfe_trap_err_handler;

/* --- blk/disk.c --- */
int vfe_trap_blk_identify(struct vfe_trap_blk *tb);
int vfe_trap_blk_recheck(struct vfe_trap_blk *tb);
int vfe_trap_blk_alloc(struct vfe_trap_blk *tb);
void vfe_trap_blk_free(struct vfe_trap_blk *tb);
int vfe_trap_blk_add_disk(struct vfe_trap_blk *tb);
void vfe_trap_blk_del_disk(struct vfe_trap_blk *tb);

#endif /* VFE_TRAP_H */
