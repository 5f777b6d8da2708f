/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_trap_blk: the register window and the disk on it, and the
 * functions that its files share.
 */
#ifndef VFET_TRAP_H
#define VFET_TRAP_H

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

#define VFET_NAME "vfe_trap_blk"

/* sectors that a device must at least accept in a request */
#define VFET_MIN_SECTORS (PAGE_SIZE >> SECTOR_SHIFT)

/* most sectors in a request, even if the device accepts more */
#define VFET_MAX_SECTORS 2048

/*
 * For IDENTIFY, in probe and resume. The timeout of a request only says when to
 * check for its answer.
 */
#define VFET_TIMEOUT (10 * HZ)

/* longest wait for a reset: in probe, and in each attempt after a sleep */
#define VFET_PROBE_MS 60000
#define VFET_RESUME_MS 1000

/* how long a request in flight may delay a suspend, or a removal */
#define VFET_SUSPEND_WAIT (5 * HZ)
#define VFET_REMOVE_WAIT (30 * HZ)

/* longest pause between two attempts to wake a device */
#define VFET_MAX_PAUSE (60 * HZ)

/**
 * enum vfet_style - how the driver accesses the registers
 * @VFET_PORT: I/O ports
 * @VFET_MEMORY: memory
 */
enum vfet_style {
	VFET_PORT,
	VFET_MEMORY,
};

/**
 * enum vfet_phase - the state of the one request
 * @VFET_IDLE: no command in flight, or the driver reads its data words
 * @VFET_WAITING: a command was written, and is not answered yet
 * @VFET_ANSWERED: the interrupt came, and its status was saved
 * @VFET_GONE: the function is gone; only vfet_window_find() leaves this
 */
enum vfet_phase {
	VFET_IDLE,
	VFET_WAITING,
	VFET_ANSWERED,
	VFET_GONE,
};

/**
 * struct vfet_map - the registers of one style
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
struct vfet_map {
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
 * struct vfet_window - the register window and the request in it
 * @pdev: the function
 * @regs: access to registers, and its counts
 * @stats: other counts
 * @map: the registers in use
 * @bar: the BAR of these
 * @string: string instructions move the data
 * @lock: protects @phase and @status
 * @phase: state of the request
 * @status: status register, as the interrupt read it
 * @command: command of the request
 * @error: error register of the last request that failed
 * @answered: completed by the interrupt, or to stop the wait for it
 * @stop: do not wait for the device, see vfet_window_stop()
 */
struct vfet_window {
	struct pci_dev *pdev;
	struct vfe_regs regs;
	struct vfe_stats stats;
	const struct vfet_map *map;
	int bar;
	bool string;
	spinlock_t lock;	/* phase and status */
	enum vfet_phase phase;
	u32 status;
	enum vfe_command command;
	u32 error;
	struct completion answered;
	bool stop;
};

/**
 * struct vfet_disk - the disk on the window
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
struct vfet_disk {
	struct vfet_window window;
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
 * struct vfet_request - driver data of a request (the pdu of blk-mq)
 * @work: runs the request
 */
struct vfet_request {
	struct work_struct work;
};

/* --- bars.c --- */
int vfet_bars_open(struct vfet_window *w, enum vfet_style style);
void vfet_bars_close(struct vfet_window *w);

/* --- window.c --- */
int vfet_window_open(struct vfet_window *w);
void vfet_window_close(struct vfet_window *w);
int vfet_window_reset(struct vfet_window *w, unsigned int most);
void vfet_window_quiet(struct vfet_window *w);
void vfet_window_lose(struct vfet_window *w);
int vfet_window_find(struct vfet_window *w);
bool vfet_window_stop(struct vfet_window *w, bool stop);
int vfet_window_begin(struct vfet_window *w, enum vfe_command command,
		      u64 sector, u32 count);
int vfet_window_wait(struct vfet_window *w, unsigned long timeout,
		     bool patient);
bool vfet_window_answered(struct vfet_window *w);
int vfet_window_read(struct vfet_window *w, void *buf, unsigned int bytes);
void vfet_window_write(struct vfet_window *w, const void *buf,
		       unsigned int bytes);

/* --- data.c --- */
extern const struct blk_mq_ops vfet_mq_ops;
int vfet_identify(struct vfet_window *w, struct vfe_identify *id);

/* --- sleep.c --- */
int vfet_sleep_init(struct vfet_disk *td);
void vfet_sleep_exit(struct vfet_disk *td);
void vfet_sleep(struct vfet_disk *td, unsigned long patience);
int vfet_wake(struct vfet_disk *td);
extern const struct pci_error_handlers vfet_err_handler;

/* --- disk.c --- */
int vfet_disk_learn(struct vfet_disk *td);
int vfet_disk_check(struct vfet_disk *td);
int vfet_disk_create(struct vfet_disk *td);
void vfet_disk_discard(struct vfet_disk *td);
int vfet_disk_show(struct vfet_disk *td);
void vfet_disk_hide(struct vfet_disk *td);

#endif /* VFET_TRAP_H */
