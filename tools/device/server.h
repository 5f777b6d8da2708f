/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the transport half of the device process shares among its own files:
 * struct device, and the entry points that the virtio half never calls.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

struct vu_client;
struct control;
struct pci;

/* One of each, put together by device.c and main.c */
struct device {
	struct options options;
	struct counts counts;
	struct gmem *gmem;
	struct irq *irq;
	struct backend *backend;
	struct vdev *vdev;
	struct regwin *regwin;
	struct pci *pci;
	struct vu_client *client;
	struct control *control;	/* NULL without --control */
	int listener;		/* the vfio-user socket */
	int signals;		/* signalfd */
	bool quit;
};

/* device.c */

/**
 * device_create() - make the parts from @options and @backend, which the
 * caller provides and keeps
 *
 * Return: 0 or -1; device_destroy() tidies up either way.
 */
int device_create(struct device *d);
void device_destroy(struct device *d);
/* Back to the state after power on: what FLR and DEVICE_RESET do. */
void device_reset(struct device *d);

/* loop.c: runs until d->quit. Return: 0 or -errno. */
int loop_run(struct device *d);

/* listen.c */

/**
 * listen_unix() - listen on a Unix socket, non-blocking
 *
 * A socket file that nobody listens on is replaced.
 *
 * Return: the descriptor, or -1 after one line on stderr.
 */
int listen_unix(const char *path, const char *option);
/* Accept one connection. Return: a non-blocking descriptor or -1. */
int listen_accept(int listener);

/* evfd.c */

/* Return: 0 or -1; at most one at a time in a process. */
int evfd_open(void);
void evfd_close(void);
/* There are eventfds of the client's: let none block for longer than this. */
void evfd_watch(bool on);
/* Is it one, and made not to block? Return: 0 or -EINVAL. */
int evfd_check(int fd);
/* Return: whether the client has news; false for -1. */
bool evfd_signal(int fd);
/* Set the counter to 0. Return: 0 or -errno (-EAGAIN: it was). */
int evfd_take(int fd);

/* irq.c */

struct irq *irq_new(unsigned int vectors, struct counts *c);
void irq_free(struct irq *irq);
/* The client is gone: forget its eventfds. */
void irq_release(struct irq *irq);
/* The function was reset: no source asserts, nothing is pending. */
void irq_reset(struct irq *irq);

unsigned int irq_vectors(const struct irq *irq);
/* @fd is consumed; -1 takes the eventfd away. Return: 0 or -EINVAL. */
int irq_msix_assign(struct irq *irq, unsigned int vector, int fd);
void irq_msix_mask(struct irq *irq, unsigned int vector, bool masked);
bool irq_msix_pending(const struct irq *irq, unsigned int vector);
void irq_msix_loopback(struct irq *irq, unsigned int vector);

enum intx_eventfd {
	INTX_TRIGGER,
	INTX_MASK,
	INTX_UNMASK,
	INTX_NUM_EVENTFDS
};

int irq_intx_assign(struct irq *irq, enum intx_eventfd which, int fd);
void irq_intx_mask(struct irq *irq, bool masked);
void irq_intx_loopback(struct irq *irq);
/* The descriptor to poll for an unmask event, or -1 */
int irq_intx_unmask_fd(const struct irq *irq);
void irq_intx_unmask_event(struct irq *irq);
/* Does any source ask for INTx? (the PCI interrupt status bit) */
bool irq_intx_status(const struct irq *irq);

/* What configuration space says */
void irq_enable_msix(struct irq *irq, bool enabled, bool masked);
void irq_disable_intx(struct irq *irq, bool disabled);

/* pci.c */

#define PCI_CONFIG_SIZE		4096
#define PCI_NUM_BARS		6

struct pci *pci_new(struct device *d);
void pci_free(struct pci *p);
/* Values at power on. Does not reset the rest of the device. */
void pci_reset(struct pci *p);
/* Any range inside configuration space */
void pci_config_read(struct pci *p, uint32_t offset, void *data, size_t len);
void pci_config_write(struct pci *p, uint32_t offset, const void *data,
		      size_t len);

/* bar.c */

uint32_t bar_size(unsigned int bar);
/**
 * bar_read() - one access of the guest to a BAR
 * @size: 1, 2, 4 or 8
 *
 * Return: 0 or -EINVAL for another size or an access beyond the end.
 */
int bar_read(struct device *d, unsigned int bar, uint64_t offset,
	     unsigned int size, uint64_t *value);
int bar_write(struct device *d, unsigned int bar, uint64_t offset,
	      unsigned int size, uint64_t value);

/* counts.c */

struct register_info {
	const char *name;
	enum vfe_window_id window;
	uint32_t offset;
	uint32_t size;
	unsigned int bar;
	uint32_t bar_offset;
};

/* @reg is one of enum vfe_reg. */
void counts_register(enum vfe_reg reg, struct register_info *info);
const char *counts_window_name(enum vfe_window_id win);

/* vfio_user.c */

struct vu_client *vu_new(struct device *d);
void vu_free(struct vu_client *c);
bool vu_connected(const struct vu_client *c);
/* Take a new connection, or turn it away if there is a client already. */
void vu_accept(struct vu_client *c, int fd);
/* The client's descriptor (or -1) and what to poll it for */
int vu_poll_fd(const struct vu_client *c, short *events);
/* Handle what poll reported, a bounded number of messages. */
void vu_handle(struct vu_client *c);
void vu_disconnect(struct vu_client *c, const char *why);

/* control.c */

#define CONTROL_CLIENTS		4

struct pollfd;

struct control *control_new(struct device *d, const char *path);
void control_free(struct control *c);
/* Fill in at most 1 + CONTROL_CLIENTS entries. Return: how many. */
int control_poll_fds(struct control *c, struct pollfd *fds);
void control_handle(struct control *c, const struct pollfd *fds, int n);

#endif /* SERVER_H */
