/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of the device process and how they talk: one struct device owns
 * one of each. Everything runs in one thread (the event loop in loop.c), so
 * nothing here takes a lock.
 *
 *   options   the command line, checked
 *   gmem      guest memory as vfio-user mapped it; the only way to a guest address
 *   irq       MSI-X vectors and INTx as vfio-user set them up
 *   counts    every register access received, by register and direction
 *   backend   the backing file
 *   vdev      the virtio side: registers, rings, requests
 *   regwin    the register side: the legacy window
 *   pci       configuration space
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include <vfe/wire_blk.h>
#include "virtio/service.h"
#include "virtio/quirk.h"
#include "blk/zoned.h"

#define BIT64(n)	(UINT64_C(1) << (n))

/* options.c */

/* --fault: what a device does that no good one does, for hostile tests */
enum device_fault {
	FAULT_FEATURES,		/* later features, but not VERSION_1 */
	FAULT_WCE,		/* CONFIG_WCE, but not FLUSH */
	FAULT_QUEUE_SIZE_ZERO,
	FAULT_QUEUE_SIZE_ODD,	/* one more than a power of two */
	FAULT_CONFIG_VECTOR,	/* reads back as NO_VECTOR */
	FAULT_QUEUE_VECTOR,
	FAULT_NOTIFY_OFFSET,	/* outside of the notify window */
	FAULT_GENERATION,	/* another one with each read */
	FAULT_QUEUE_RESET,	/* never ends */
	NUM_FAULTS
};

struct options {
	const char *socket;
	const char *backing;
	const char *control;	/* or NULL */
	const char *log;	/* or NULL: stderr */
	const char *serial;
	bool stock;		/* --id stock */
	bool map_doorbell;	/* --doorbell map */
	bool poll;
	bool readonly;
	bool msix;
	unsigned int queues;
	unsigned int queue_size;	/* the most, whatever the layout takes */
	uint64_t features_off;	/* virtio feature bits not to offer */
	uint64_t faults;	/* a bit for each enum device_fault */
	struct service_model service;
	unsigned int parallel;	/* requests in service at once; 0: any number */
	unsigned int seed;
	unsigned int fail_every;	/* requests; 0: none fails */
	struct quirks quirks;
	struct zoned_options zoned;
	bool lifetime;		/* the three values below are offered */
	unsigned int pre_eol_info;
	unsigned int lifetime_a;
	unsigned int lifetime_b;
};

/**
 * options_parse() - read and check the command line
 *
 * Return: 0, or -1 after one line on stderr that says what is wrong.
 */
int options_parse(struct options *o, int argc, char **argv);

/*
 * log.c: one line each, with the time and the device's name in front.
 * log_open() returns 0, or -1 after one line on stderr.
 */
int log_open(const char *path, const char *name);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* gmem.c */

struct gmem;

struct gmem *gmem_new(void);
void gmem_free(struct gmem *gm);

/**
 * gmem_map() - a DMA_MAP message: @fd is consumed; -1 if none came with it
 * (then the range exists, and no access to it succeeds).
 *
 * Return: 0 or -errno (-EINVAL for an empty or wrapping range, -EEXIST for an
 * overlap, -ENOMEM).
 */
int gmem_map(struct gmem *gm, uint64_t gpa, uint64_t len, int fd,
	     uint64_t fd_offset, bool readable, bool writable);
int gmem_unmap(struct gmem *gm, uint64_t gpa, uint64_t len);
void gmem_unmap_all(struct gmem *gm);

/**
 * gmem_iov() - a range of guest memory as pieces of this process's memory
 *
 * Return: the number of pieces (one or more for @len > 0), or -EFAULT if any
 * byte is outside guest memory or lacks the permission, -E2BIG if @max pieces
 * do not suffice.
 */
int gmem_iov(struct gmem *gm, uint64_t gpa, uint64_t len, bool write,
	     struct iovec *iov, int max);

/**
 * gmem_ptr() - like gmem_iov() for a range that must be in one piece
 *
 * Return: its address or NULL.
 */
void *gmem_ptr(struct gmem *gm, uint64_t gpa, uint64_t len, bool write);

/* irq.c */

#define IRQ_MAX_VECTORS	65	/* 64 queues and the configuration */

enum intx_source {
	INTX_VIRTIO,
	INTX_REGWIN,
};

struct irq;

/* Raise MSI-X vector @vector; ignored if it has no eventfd. */
void irq_msix(struct irq *irq, unsigned int vector);
/* INTx is level triggered: the line is the OR of its sources. */
void irq_intx(struct irq *irq, enum intx_source source, bool level);
/* Has the guest enabled MSI-X? (configuration space, MSI-X control) */
bool irq_msix_enabled(const struct irq *irq);

/* counts.c */

struct counts {
	uint64_t reg[VFE_NUM_REGS][VFE_NUM_DIRS];
	uint64_t unknown[VFE_NUM_DIRS];	/* accesses to no named register */
	uint64_t requests_read, requests_write, requests_flush;
	uint64_t requests_discard, requests_write_zeroes, requests_get_id;
	uint64_t requests_secure_erase, requests_zone;
	uint64_t requests_error;
	uint64_t bytes_read, bytes_written;
	uint64_t msix_raised, intx_raised;
	uint64_t interrupts_suppressed;	/* by the driver's used_event or flags */
	uint64_t doorbells;		/* seen in the mapped page */
	uint64_t notified_ahead;	/* of more buffers than the ring showed */
	uint64_t queue_resets;
};

/* Count an access of the guest; @offset is relative to the window. */
void counts_access(struct counts *c, enum vfe_window_id win, uint32_t offset,
		   enum vfe_dir dir);

/* backend.c: all return 0 or -errno; sectors are of 512 bytes */

struct backend;

/* On failure prints one line that names the file, what is wrong and what to do. */
struct backend *backend_open(const char *path, bool readonly);
void backend_close(struct backend *b);
uint64_t backend_capacity(const struct backend *b);	/* sectors */
bool backend_readonly(const struct backend *b);
int backend_readv(struct backend *b, uint64_t sector,
		  const struct iovec *iov, int n);
int backend_writev(struct backend *b, uint64_t sector,
		   const struct iovec *iov, int n);
int backend_flush(struct backend *b);
int backend_discard(struct backend *b, uint64_t sector, uint64_t sectors);
int backend_write_zeroes(struct backend *b, uint64_t sector, uint64_t sectors,
			 bool unmap);
int backend_resize(struct backend *b, uint64_t bytes);
/* Each write is made stable before it completes (write cache off). */
void backend_set_writethrough(struct backend *b, bool on);

/* virtio.c and what is under it */

struct vdev;

struct vdev *vdev_new(const struct options *o, struct backend *b,
		      struct gmem *gm, struct irq *irq, struct counts *c);
void vdev_free(struct vdev *v);
/* @offset is relative to the window (common, isr, device or notify). */
uint32_t vdev_read(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		   unsigned int size);
void vdev_write(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		unsigned int size, uint32_t value);
void vdev_reset(struct vdev *v);
/* As at power on: what a reset of the function does beyond vdev_reset() */
void vdev_power_on(struct vdev *v);
/*
 * Bus mastering was enabled or disabled: while disabled, rings wait; process
 * them when it is enabled again. A reset does not change it.
 */
void vdev_bus_master(struct vdev *v, bool on);
/* The backing file changed size: capacity, generation, interrupt. */
void vdev_capacity_changed(struct vdev *v);
/*
 * For tests of drivers, by the control socket: an interrupt that nothing
 * caused, on every queue; and DRIVER_OK gone without a reset.
 */
void vdev_interrupt_all(struct vdev *v);
void vdev_drop_driver_ok(struct vdev *v);
/* The memfd of the mapped notify page, or -1 with --doorbell trap */
int vdev_doorbell_fd(const struct vdev *v);
/* Are there rings or doorbells to watch (spin) right now? */
bool vdev_wants_poll(const struct vdev *v);
/* Look at rings or doorbells once. Return: whether there was work. */
bool vdev_poll(struct vdev *v);
/* When the next request is due (ns of CLOCK_MONOTONIC), or UINT64_MAX */
uint64_t vdev_due(const struct vdev *v);
/* Complete the requests that are due at @now. */
void vdev_serve(struct vdev *v, uint64_t now);
/* A guest mapping went away: forget every address derived from it. */
void vdev_memory_changed(struct vdev *v);
uint8_t vdev_status(const struct vdev *v);
/* For the control socket; false when @index is no queue. */
bool vdev_queue_state(const struct vdev *v, unsigned int index,
		      uint16_t *size, uint16_t *avail_idx, uint16_t *used_idx);

/* regwin.c */

struct regwin;

struct regwin *regwin_new(const struct options *o, struct backend *b,
			  struct irq *irq, struct counts *c);
void regwin_free(struct regwin *w);
uint32_t regwin_read(struct regwin *w, uint32_t offset, unsigned int size);
void regwin_write(struct regwin *w, uint32_t offset, unsigned int size,
		  uint32_t value);
void regwin_reset(struct regwin *w);

#endif /* DEVICE_H */
