/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of the register-window controller, vfe_trap: the part that all
 * classes of devices behind such a window share. A class embeds struct
 * vfe_trap, and gives it a struct vfe_trap_class; see blk/.
 */
#ifndef VFE_TRAP_H
#define VFE_TRAP_H

#include <linux/completion.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <vfe/regs.h>
#include <vfe/stats.h>
#include <vfe/wire_window.h>

/**
 * enum vfe_trap_phase - the state of the one command
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
 * struct vfe_trap_layout - where the registers of a window are
 * @win: the window
 * @flag: the resource flag its BAR must have
 * @len: bytes of the BAR that the driver uses
 * @string_len: bytes of the BAR that it uses with string instructions
 * @command: the command register
 * @status: the status register
 * @error: the error register
 * @data: the data register
 * @control: the control register
 * @string: register or range for string instructions
 */
struct vfe_trap_layout {
	enum vfe_window_id win;
	unsigned long flag;
	u32 len;
	u32 string_len;
	enum vfe_reg command;
	enum vfe_reg status;
	enum vfe_reg error;
	enum vfe_reg data;
	enum vfe_reg control;
	enum vfe_reg string;
};

struct vfe_trap;

/**
 * struct vfe_trap_class - a class of device, and its operations for recovery
 * @type: VFE_TYPE_* of the functions that it drives
 * @quiesce: start no command on vfe_trap.queue until @resume
 * @recheck: after a reset, check that the device is still the same one
 * @resume: start commands again, first those that ended with -EINTR
 *
 * All are called in process context, one at a time, and may sleep.
 */
struct vfe_trap_class {
	unsigned int type;
	void (*quiesce)(struct vfe_trap *trap);
	int (*recheck)(struct vfe_trap *trap);
	void (*resume)(struct vfe_trap *trap);
};

/**
 * struct vfe_trap - a register-window controller and the command in it
 * @pdev: the function
 * @class: its class
 * @layout: the registers in use
 * @string: string instructions move the data
 * @regs: access to registers, and its counts
 * @stats: other counts
 * @sysfs: the counters' files
 * @bar: the BAR of the registers
 * @queue: the class's ordered workqueue, on which it runs its commands
 * @lock: protects @phase and @status
 * @phase: state of the command
 * @status: status register, as the interrupt read it
 * @command: the command
 * @expected: status bit that a successful answer to it has
 * @error: error register of the last command that failed
 * @answered: completed by the interrupt, or to stop the wait for it
 * @stop: do not wait for the device, see vfe_trap_stop_waits()
 * @quiesced: the class starts no commands until a resume
 * @saved: PCI configuration space, as it was in probe
 * @stop_work: stops a command in flight that delays a suspend
 * @resume_work: resumes a device that did not answer after a reset
 * @pause: pause before @resume_work tries again, in jiffies
 */
struct vfe_trap {
	struct pci_dev *pdev;
	const struct vfe_trap_class *class;
	const struct vfe_trap_layout *layout;
	bool string;
	struct vfe_regs regs;
	struct vfe_stats stats;
	struct vfe_sysfs *sysfs;
	int bar;
	struct workqueue_struct *queue;
	spinlock_t lock;	/* phase and status */
	enum vfe_trap_phase phase;
	u32 status;
	u32 command;
	u32 expected;
	u32 error;
	struct completion answered;
	bool stop;
	bool quiesced;
	struct pci_saved_state *saved;
	struct delayed_work stop_work;
	struct delayed_work resume_work;
	unsigned long pause;
};

/* --- bars.c --- */
const struct vfe_trap_layout *vfe_trap_find_layout(const char *window);
int vfe_trap_map(struct vfe_trap *trap);
void vfe_trap_unmap(struct vfe_trap *trap);

/* --- window.c --- */
int vfe_trap_start(struct vfe_trap *trap);
void vfe_trap_shutdown(struct vfe_trap *trap);
int vfe_trap_reset(struct vfe_trap *trap, unsigned int max_ms);
void vfe_trap_disable_irq(struct vfe_trap *trap);
void vfe_trap_set_gone(struct vfe_trap *trap);
int vfe_trap_check_back(struct vfe_trap *trap);
bool vfe_trap_stop_waits(struct vfe_trap *trap, bool stop);
int vfe_trap_begin(struct vfe_trap *trap);
void vfe_trap_issue(struct vfe_trap *trap, u32 command, u32 expected);
int vfe_trap_wait(struct vfe_trap *trap, unsigned long timeout, bool patient);
bool vfe_trap_answered(struct vfe_trap *trap);
int vfe_trap_read(struct vfe_trap *trap, void *buf, unsigned int bytes);
void vfe_trap_write(struct vfe_trap *trap, const void *buf, unsigned int bytes);

/* --- recovery.c --- */
int vfe_trap_recovery_init(struct vfe_trap *trap);
void vfe_trap_recovery_exit(struct vfe_trap *trap);
bool vfe_trap_recovery_stop(struct vfe_trap *trap);
extern const struct dev_pm_ops vfe_trap_pm_ops;
extern const struct pci_error_handlers vfe_trap_err_handler;

/* --- controller.c --- */
int vfe_trap_open(struct vfe_trap *trap);
void vfe_trap_close(struct vfe_trap *trap);

#endif /* VFE_TRAP_H */
