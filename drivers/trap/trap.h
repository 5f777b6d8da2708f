/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of the register-window controller, vfe_trap.ko: the part that all
 * classes of devices behind such a window share. It maps the window, counts,
 * has the interrupt, resets, and recovers from suspend, resets and bus errors.
 * A class embeds struct vfe_trap, and gives it a struct vfe_trap_class; see
 * blk/, a device that answers commands, and net/, one that also receives.
 */
#ifndef VFE_TRAP_H
#define VFE_TRAP_H

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <vfe/regs.h>
#include <vfe/stats.h>
#include <vfe/wire_window.h>

/* value of all registers of a gone device */
#define VFE_TRAP_ONES		0xffffffffU

/**
 * struct vfe_trap_layout - where the registers of a window are
 * @win: the window, as it counts
 * @place: VFE_WIN_PORT or VFE_WIN_MEMORY, by which the device describes it
 * @flag: the resource flag its BAR must have
 * @len: bytes of the BAR that the driver uses
 * @string_len: bytes of the BAR that it uses with string instructions
 * @delta: from a register of the class's window in ports to this window's
 * @data: the data register
 * @control: the control register
 * @string: register or range for string instructions
 */
struct vfe_trap_layout {
	enum vfe_window_id win;
	enum vfe_window_id place;
	unsigned long flag;
	u32 len;
	u32 string_len;
	unsigned int delta;
	enum vfe_reg data;
	enum vfe_reg control;
	enum vfe_reg string;
};

#define VFE_TRAP_NUM_LAYOUTS	2

/*
 * The layouts of a class's window, in ports and in memory. @WIN is the prefix
 * of its windows and registers, @first the first register in both. A string
 * instruction accesses a single port, but consecutive memory addresses: in
 * memory, it needs the aperture.
 */
#define VFE_TRAP_LAYOUTS(WIN, first, bytes) { \
	{ \
		.win = VFE_WIN_##WIN##PORT, \
		.place = VFE_WIN_PORT, \
		.flag = IORESOURCE_IO, \
		.len = bytes, \
		.string_len = bytes, \
		.data = VFE_REG_##WIN##PORT_DATA, \
		.control = VFE_REG_##WIN##PORT_CONTROL, \
		.string = VFE_REG_##WIN##PORT_DATA, \
	}, \
	{ \
		.win = VFE_WIN_##WIN##MEMORY, \
		.place = VFE_WIN_MEMORY, \
		.flag = IORESOURCE_MEM, \
		.len = bytes, \
		.string_len = VFE_MEMORY_APERTURE + VFE_MEMORY_APERTURE_SIZE, \
		.delta = VFE_REG_##WIN##MEMORY_##first - \
			 VFE_REG_##WIN##PORT_##first, \
		.data = VFE_REG_##WIN##MEMORY_DATA, \
		.control = VFE_REG_##WIN##MEMORY_CONTROL, \
		.string = VFE_REG_##WIN##MEMORY_APERTURE, \
	}, \
}

struct vfe_trap;

/**
 * struct vfe_trap_class - a class of device, and what the controller calls
 * @name: of the class, "blk" for vfe_trap_blk
 * @type: VFE_TYPE_* of the functions that it drives
 * @counters: its own counters, or NULL
 * @irq: the interrupt handler: acknowledge, and count the interrupt. Called
 *	from the first vfe_trap_reset() on
 * @gone: vfe_trap.gone or vfe_trap.stop was set: end all waits. Called with
 *	vfe_trap.lock held, in any context
 * @quiesce: access no register until @resume, except in the interrupt handler.
 *	Work under way may take as many jiffies as the caller grants
 * @recheck: after a reset, check that the device is still the same one
 * @resume: go on, also if the device is gone: then all fails
 *
 * The last three are called in process context, one at a time, and may sleep.
 */
struct vfe_trap_class {
	const char *name;
	unsigned int type;
	const struct vfe_class_counters *counters;
	irqreturn_t (*irq)(struct vfe_trap *trap);
	void (*gone)(struct vfe_trap *trap);
	void (*quiesce)(struct vfe_trap *trap, unsigned long patience);
	int (*recheck)(struct vfe_trap *trap);
	void (*resume)(struct vfe_trap *trap);
};

/**
 * struct vfe_trap - a register-window controller
 * @pdev: the function
 * @class: its class
 * @layout: the registers in use
 * @string: string instructions move the data
 * @regs: access to registers, and its counts
 * @stats: other counts
 * @sysfs: the counters' files
 * @bar: the BAR of the registers
 * @lock: protects @gone, @stop, and what a class's waits depend on
 * @gone: the function is gone; only vfe_trap_check_back() clears this
 * @stop: do not wait for the device, see vfe_trap_stop_waits()
 * @quiesced: the class accesses no register until a resume
 * @saved: PCI configuration space, as it was in probe
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
	spinlock_t lock;	/* see above */
	bool gone;
	bool stop;
	bool quiesced;
	struct pci_saved_state *saved;
	struct delayed_work resume_work;
	unsigned long pause;
};

/* A register of the class's window in ports, wherever the window is */
static inline u32 vfe_trap_get(struct vfe_trap *trap, enum vfe_reg port_reg)
{
	return vfe_read32(&trap->regs, port_reg + trap->layout->delta);
}

static inline void vfe_trap_set(struct vfe_trap *trap, enum vfe_reg port_reg,
				u32 val)
{
	vfe_write32(&trap->regs, port_reg + trap->layout->delta, val);
}

/* --- bars.c --- */
const struct vfe_trap_layout *
vfe_trap_find_layout(const struct vfe_trap_class *class,
		     const struct vfe_trap_layout *layouts, const char *window);
int vfe_trap_map(struct vfe_trap *trap);
void vfe_trap_unmap(struct vfe_trap *trap);

/* --- window.c --- */
int vfe_trap_start(struct vfe_trap *trap);
void vfe_trap_shutdown(struct vfe_trap *trap);
int vfe_trap_reset(struct vfe_trap *trap, unsigned int max_ms);
void vfe_trap_disable_irq(struct vfe_trap *trap);
void vfe_trap_set_gone(struct vfe_trap *trap);
int vfe_trap_check_back(struct vfe_trap *trap);
void vfe_trap_stop_waits(struct vfe_trap *trap, bool stop);
int vfe_trap_read(struct vfe_trap *trap, void *buf, unsigned int bytes);
void vfe_trap_write(struct vfe_trap *trap, const void *buf, unsigned int bytes);

/* --- command.c: for classes whose window answers commands --- */

/**
 * enum vfe_trap_phase - the state of the one command
 * @VFE_TRAP_IDLE: no command in flight, or the driver reads its data words
 * @VFE_TRAP_WAITING: a command was written, and is not answered yet
 * @VFE_TRAP_ANSWERED: the interrupt came, and its status was saved
 */
enum vfe_trap_phase {
	VFE_TRAP_IDLE,
	VFE_TRAP_WAITING,
	VFE_TRAP_ANSWERED,
};

/**
 * struct vfe_trap_command - the command in the window
 * @trap: its controller
 * @command_reg: the command register, of the window in ports
 * @status_reg: the status register, likewise
 * @phase: its state
 * @status: status register, as the interrupt read it
 * @code: the command
 * @answered: completed by the interrupt, or to stop the wait for it
 *
 * vfe_trap.lock protects @phase and @status.
 */
struct vfe_trap_command {
	struct vfe_trap *trap;
	enum vfe_reg command_reg;
	enum vfe_reg status_reg;
	enum vfe_trap_phase phase;
	u32 status;
	u32 code;
	struct completion answered;
};

void vfe_trap_command_init(struct vfe_trap_command *cmd, struct vfe_trap *trap,
			   enum vfe_reg command, enum vfe_reg status);
irqreturn_t vfe_trap_command_irq(struct vfe_trap_command *cmd);
void vfe_trap_command_end_wait(struct vfe_trap_command *cmd);
bool vfe_trap_command_waits(struct vfe_trap_command *cmd);
int vfe_trap_command_claim(struct vfe_trap_command *cmd);
void vfe_trap_command_issue(struct vfe_trap_command *cmd, u32 code);
int vfe_trap_command_wait(struct vfe_trap_command *cmd, unsigned long timeout,
			  bool patient);
bool vfe_trap_command_answered(struct vfe_trap_command *cmd);

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
