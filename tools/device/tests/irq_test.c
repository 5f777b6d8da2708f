// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of interrupts: SET_IRQS in all its combinations, and the resulting
 * eventfd writes, with the two sources of INTx, MSI-X, the client's masks and
 * the bits of configuration space.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "client.h"

#define EVENTFD		VFIO_IRQ_SET_DATA_EVENTFD
#define NONE		VFIO_IRQ_SET_DATA_NONE
#define BOOL		VFIO_IRQ_SET_DATA_BOOL
#define TRIGGER		VFIO_IRQ_SET_ACTION_TRIGGER
#define MASK		VFIO_IRQ_SET_ACTION_MASK
#define UNMASK		VFIO_IRQ_SET_ACTION_UNMASK
#define INTX		VFIO_PCI_INTX_IRQ_INDEX
#define MSIX		VFIO_PCI_MSIX_IRQ_INDEX

#define VECTORS		5
#define MSIX_CONTROL	0x4a	/* in configuration space */

static unsigned int set_irqs(struct client *c, uint32_t flags, uint32_t index,
			     uint32_t start, uint32_t count, const int *fds,
			     int num_fds)
{
	struct {
		struct vu_irq_set set;
		uint8_t choice[8];
	} m = { { sizeof(m), flags, index, start, count }, { 1, 0, 1 } };
	size_t len = sizeof(m.set) + (flags & BOOL ? sizeof(m.choice) : 0);

	return client_command_fds(c, VU_DEVICE_SET_IRQS, &m, len, fds,
				  num_fds);
}

/* How often an eventfd was signalled since last asked */
static uint64_t fired(int fd)
{
	uint64_t value = 0;

	if (read(fd, &value, sizeof(value)) < 0)
		CHECK_EQ(errno, EAGAIN);
	return value;
}

static bool one_bit(uint32_t bits)
{
	return bits == 1 || bits == 2 || bits == 4;
}

/* A message without descriptors, as in the protocol */
static bool is_valid(uint32_t flags, uint32_t index, uint32_t start,
		     uint32_t count)
{
	uint32_t have = index == INTX ? 1 : index == MSIX ? VECTORS : 0;
	uint32_t action = flags >> 3;

	if (index > MSIX || flags > 0x3f || !one_bit(action) ||
	    !one_bit(flags & 7))
		return false;
	if (start > have || count > have - start)
		return false;
	if (!count)
		return !start && flags == (NONE | TRIGGER);
	return index == INTX || !(flags & EVENTFD) || action == 4;
}

/* All flags and indices, and counts around the limits */
static void test_combinations(struct client *c)
{
	static const uint32_t counts[] = {
		0, 1, 2, VECTORS - 1, VECTORS, VECTORS + 1, 0x7fffffff,
		0xfffffffe, 0xffffffff
	};

	for (uint32_t i = 0; i < 128 * 6 * 9 * 9 && !tap_failed(); i++) {
		uint32_t flags = i % 128, index = i / 128 % 6;
		uint32_t start = counts[i / 768 % 9];
		uint32_t count = counts[i / 768 / 9];

		CHECK_EQ(set_irqs(c, flags, index, start, count, NULL, 0),
			 is_valid(flags, index, start, count) ? 0 : EINVAL);
	}
}

static void test_info(struct client *c)
{
	struct vu_irq_info info;

	for (uint32_t i = 0; i < 5; i++) {
		struct vu_irq_info ask = { .argsz = 16, .index = i };

		CHECK_EQ(client_command(c, VU_DEVICE_GET_IRQ_INFO, &ask, 16),
			 i > MSIX ? EINVAL : 0);
		memcpy(&info, c->payload, sizeof(info));
		if (i <= MSIX)
			CHECK_EQ(info.count, i == INTX ? 1 : i == MSIX ?
				 VECTORS : 0);
		ask.argsz = 15;
		CHECK_EQ(client_command(c, VU_DEVICE_GET_IRQ_INFO, &ask, 16),
			 EINVAL);
	}
}

/* As many descriptors as vectors, or none; each one kept, or closed */
static void test_descriptors(struct client *c)
{
	unsigned int before;
	const int *fds = c->event;

	before = open_fds();
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 0, 3, fds, 2), EINVAL);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 0, 2, fds, 3), EINVAL);
	CHECK_EQ(set_irqs(c, EVENTFD | MASK, MSIX, 0, 2, fds, 2), EINVAL);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 4, 2, fds, 2), EINVAL);
	CHECK_EQ(set_irqs(c, NONE | TRIGGER, MSIX, 0, 2, fds, 2), 0);
	CHECK_EQ(open_fds(), before);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 0, 5, fds, 5), 0);
	CHECK_EQ(open_fds(), before + 5);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 1, 2, fds, 2), 0);
	CHECK_EQ(open_fds(), before + 5);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 1, 2, NULL, 0), 0);
	CHECK_EQ(open_fds(), before + 3);
	CHECK_EQ(set_irqs(c, NONE | TRIGGER, MSIX, 0, 0, NULL, 0), 0);
	CHECK_EQ(open_fds(), before);
	for (uint32_t action = MASK; action <= TRIGGER; action *= 2)
		CHECK_EQ(set_irqs(c, EVENTFD | action, INTX, 0, 1, fds, 1),
			 0);
	CHECK_EQ(open_fds(), before + 3);
	CHECK_EQ(set_irqs(c, NONE | TRIGGER, INTX, 0, 0, NULL, 0), 0);
	CHECK_EQ(open_fds(), before);
}

/*
 * Other descriptors could block; an invalid second one of three invalidates
 * all.
 */
static void test_no_eventfd(struct client *c)
{
	unsigned int before;
	int fds[3] = { c->event[0], -1, c->event[1] }, pipes[2];

	CHECK_EQ(pipe2(pipes, O_CLOEXEC), 0);
	fds[1] = pipes[1];
	before = open_fds();
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 0, 3, fds, 3), EINVAL);
	CHECK_EQ(open_fds(), before + 1);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, INTX, 0, 1, fds + 1, 1),
		 EINVAL);
	CHECK_EQ(set_irqs(c, EVENTFD | UNMASK, INTX, 0, 1, &c->disk, 1),
		 EINVAL);
	CHECK_EQ(set_irqs(c, EVENTFD | UNMASK, INTX, 0, 1, &c->fd, 1), EINVAL);
	CHECK_EQ(open_fds(), before + 1);
	client_hang_up(c);
	CHECK_EQ(open_fds(), before - 2);
	client_connect(c);
	close(pipes[0]);
	close(pipes[1]);
}

/*
 * Other descriptors without a file type: some can be written and read without
 * ever having done with it, and a loop that waits for one would spin.
 */
static void test_other_anonymous(struct client *c)
{
	int fds[4];

	fds[0] = epoll_create1(EPOLL_CLOEXEC);
	fds[1] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	fds[2] = inotify_init1(IN_CLOEXEC);
	fds[3] = syscall(SYS_pidfd_open, getpid(), 0);
	for (int i = 0; i < 4; i++) {
		CHECK(fds[i] >= 0);
		CHECK_EQ(set_irqs(c, EVENTFD | UNMASK, INTX, 0, 1, fds + i,
				  1), EINVAL);
		CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 0, 1, fds + i,
				  1), EINVAL);
		close(fds[i]);
	}
	CHECK_EQ(irq_intx_unmask_fd(c->f.irq), -1);
}

static void config_write16(struct client *c, uint32_t offset, uint16_t value)
{
	function_config_write(&c->f, offset, &value, sizeof(value));
}

static uint64_t pending_bits(struct client *c)
{
	uint64_t value = 0;

	CHECK_EQ(bar_read(&c->f, VFE_BAR_MSIX, VFE_MSIX_PBA, 8, &value), 0);
	return value;
}

static void test_msix(struct client *c)
{
	int fd = c->event[0];

	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 2, 1, &fd, 1), 0);
	irq_msix(c->f.irq, 2);
	CHECK_EQ(fired(fd), 0);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	CHECK(irq_msix_enabled(c->f.irq));
	irq_msix(c->f.irq, 2);
	irq_msix(c->f.irq, 2);
	irq_msix(c->f.irq, 1);		/* no eventfd */
	irq_msix(c->f.irq, VECTORS);	/* no vector */
	CHECK_EQ(fired(fd), 2);
	CHECK_EQ(c->f.counts.msix_raised, 2);
	/* Triggered by the client, to try */
	CHECK_EQ(set_irqs(c, NONE | TRIGGER, MSIX, 2, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 1);
	CHECK_EQ(set_irqs(c, BOOL | TRIGGER, MSIX, 0, 3, NULL, 0), 0);
	CHECK_EQ(fired(fd), 1);
	CHECK_EQ(set_irqs(c, BOOL | TRIGGER, MSIX, 1, 3, NULL, 0), 0);
	CHECK_EQ(fired(fd), 0);
}

/* Masked by the function's bit, and by the client: pending, then delivered */
static void test_msix_masks(struct client *c)
{
	int fd = c->event[0];

	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 2, 1, &fd, 1), 0);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE |
		       PCI_MSIX_FLAGS_MASKALL);
	irq_msix(c->f.irq, 2);
	irq_msix(c->f.irq, 2);
	CHECK_EQ(fired(fd), 0);
	CHECK_EQ(pending_bits(c), 4);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	CHECK_EQ(fired(fd), 1);
	CHECK_EQ(pending_bits(c), 0);

	CHECK_EQ(set_irqs(c, NONE | MASK, MSIX, 2, 1, NULL, 0), 0);
	irq_msix(c->f.irq, 2);
	CHECK_EQ(fired(fd), 0);
	CHECK_EQ(pending_bits(c), 4);
	CHECK_EQ(set_irqs(c, NONE | UNMASK, MSIX, 2, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 1);
}

/* An interrupt that waits does not come once MSI-X is off, or reset. */
static void test_msix_off(struct client *c)
{
	int fd = c->event[0];

	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 2, 1, &fd, 1), 0);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	CHECK_EQ(set_irqs(c, NONE | MASK, MSIX, 2, 1, NULL, 0), 0);
	irq_msix(c->f.irq, 2);
	config_write16(c, MSIX_CONTROL, 0);
	CHECK_EQ(set_irqs(c, NONE | UNMASK, MSIX, 2, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 0);

	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE |
		       PCI_MSIX_FLAGS_MASKALL);
	irq_msix(c->f.irq, 2);
	function_reset(&c->f);
	CHECK_EQ(pending_bits(c), 0);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	CHECK_EQ(fired(fd), 0);
}

/* A message is a write to memory, which a function may not always do. */
static void test_msix_without_bus_master(struct client *c)
{
	int fd = c->event[0];

	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 2, 1, &fd, 1), 0);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	config_write16(c, PCI_COMMAND, PCI_COMMAND_MEMORY);
	irq_msix(c->f.irq, 2);
	CHECK_EQ(fired(fd), 0);
	CHECK_EQ(pending_bits(c), 4);
	config_write16(c, PCI_COMMAND, PCI_COMMAND_MEMORY |
		       PCI_COMMAND_MASTER);
	CHECK_EQ(fired(fd), 1);
	CHECK_EQ(pending_bits(c), 0);
}

/* The client makes an eventfd block that it passed, as full as can be. */
static void test_blocking_eventfd(struct client *c)
{
	const uint64_t full = UINT64_MAX - 1;
	const int *fds = c->event;

	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 2, 2, fds, 2), 0);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	CHECK_EQ(write(fds[0], &full, sizeof(full)), sizeof(full));
	CHECK_EQ(fcntl(fds[0], F_SETFL, 0), 0);
	alarm(20);
	irq_msix(c->f.irq, 2);
	CHECK(strstr(logged.last, "O_NONBLOCK"));
	/* once, and the others are as they were */
	irq_msix(c->f.irq, 2);
	irq_msix(c->f.irq, 3);
	alarm(0);
	CHECK_EQ(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(fired(fds[0]), full);
	CHECK_EQ(fired(fds[1]), 1);
	/* another one in its place works */
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 2, 1, fds, 1), 0);
	irq_msix(c->f.irq, 2);
	CHECK_EQ(fired(fds[0]), 1);
}

/* Another reader clears the event between poll and read. */
static void test_blocking_unmask(struct client *c)
{
	int fd = c->event[0];

	CHECK_EQ(set_irqs(c, EVENTFD | UNMASK, INTX, 0, 1, &fd, 1), 0);
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	alarm(20);
	irq_intx_unmask_event(c->f.irq);
	alarm(0);
	CHECK(strstr(logged.last, "O_NONBLOCK"));
}

static bool intx_status(struct client *c)
{
	uint8_t status;

	pci_config_read(c->f.pci, PCI_STATUS, &status, 1);
	return status & PCI_STATUS_INTERRUPT;
}

/* One line, two sources; it fires once and is masked until somebody looked. */
static void test_intx(struct client *c)
{
	struct irq *irq;
	int fd = c->event[0];

	irq = c->f.irq;
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, INTX, 0, 1, &fd, 1), 0);
	irq_intx(irq, INTX_VIRTIO, true);
	irq_intx(irq, INTX_WINDOW, true);
	CHECK_EQ(fired(fd), 1);
	CHECK(intx_status(c));
	CHECK_EQ(set_irqs(c, NONE | UNMASK, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 1);
	irq_intx(irq, INTX_VIRTIO, false);
	CHECK_EQ(set_irqs(c, BOOL | UNMASK, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 1);
	irq_intx(irq, INTX_WINDOW, false);
	CHECK(!intx_status(c));
	CHECK_EQ(set_irqs(c, NONE | UNMASK, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 0);
	CHECK_EQ(c->f.counts.intx_raised, 3);

	CHECK_EQ(set_irqs(c, NONE | MASK, INTX, 0, 1, NULL, 0), 0);
	irq_intx(irq, INTX_VIRTIO, true);
	CHECK_EQ(fired(fd), 0);
	config_write16(c, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	CHECK_EQ(set_irqs(c, NONE | UNMASK, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 0);
	CHECK(intx_status(c));
	config_write16(c, PCI_COMMAND, 0);
	CHECK_EQ(fired(fd), 1);
}

/* With MSI-X on there is no INTx; when it goes off again the level counts. */
static void test_intx_and_msix(struct client *c)
{
	int fd = c->event[0];

	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, INTX, 0, 1, &fd, 1), 0);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	irq_intx(c->f.irq, INTX_WINDOW, true);
	CHECK_EQ(fired(fd), 0);
	config_write16(c, MSIX_CONTROL, 0);
	CHECK_EQ(fired(fd), 1);
	/* An eventfd that comes later hears of it at once. */
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, INTX, 0, 1, &fd, 1), 0);
	CHECK_EQ(fired(fd), 1);
	CHECK_EQ(set_irqs(c, NONE | TRIGGER, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(fired(fd), 1);
}

/* The client unmasks by an eventfd, and hears of masks by another. */
static void test_intx_eventfds(struct client *c)
{
	uint64_t one = 1;
	const int *fds = c->event;

	CHECK_EQ(irq_intx_unmask_fd(c->f.irq), -1);
	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, INTX, 0, 1, fds, 1), 0);
	CHECK_EQ(set_irqs(c, EVENTFD | MASK, INTX, 0, 1, fds + 1, 1), 0);
	CHECK_EQ(set_irqs(c, EVENTFD | UNMASK, INTX, 0, 1, fds + 2, 1), 0);
	CHECK(irq_intx_unmask_fd(c->f.irq) >= 0);
	irq_intx(c->f.irq, INTX_WINDOW, true);
	CHECK_EQ(fired(fds[0]), 1);
	irq_intx_unmask_event(c->f.irq);		/* nothing there */
	CHECK_EQ(fired(fds[0]), 0);
	CHECK_EQ(write(fds[2], &one, sizeof(one)), sizeof(one));
	irq_intx_unmask_event(c->f.irq);
	CHECK_EQ(fired(fds[0]), 1);
	/* It fired and is masked already: no news. */
	CHECK_EQ(set_irqs(c, NONE | MASK, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(fired(fds[1]), 0);
	irq_intx(c->f.irq, INTX_WINDOW, false);
	CHECK_EQ(set_irqs(c, NONE | UNMASK, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(set_irqs(c, NONE | MASK, INTX, 0, 1, NULL, 0), 0);
	CHECK_EQ(fired(fds[1]), 1);
}

static void without_msix(struct options *o)
{
	o->msix = false;
}

static void test_no_msix(struct client *c)
{
	int fd = c->event[0];

	CHECK_EQ(set_irqs(c, EVENTFD | TRIGGER, MSIX, 0, 1, &fd, 1), EINVAL);
	config_write16(c, MSIX_CONTROL, PCI_MSIX_FLAGS_ENABLE);
	CHECK(!irq_msix_enabled(c->f.irq));
}

const struct test irq_tests[] = {
	{ "SET_IRQS in every combination", .on_client = test_combinations },
	{ "information about interrupts", .on_client = test_info },
	{ "eventfds are kept or closed", .on_client = test_descriptors },
	{ "what is no eventfd", .on_client = test_no_eventfd },
	{ "what is no eventfd and no file either",
	  .on_client = test_other_anonymous },
	{ "MSI-X", .on_client = test_msix },
	{ "MSI-X and its masks", .on_client = test_msix_masks },
	{ "MSI-X off while one is pending", .on_client = test_msix_off },
	{ "MSI-X while the bus is not mastered",
	  .on_client = test_msix_without_bus_master },
	{ "an eventfd that blocks", .on_client = test_blocking_eventfd },
	{ "an unmask eventfd that blocks", .on_client = test_blocking_unmask },
	{ "INTx", .on_client = test_intx },
	{ "INTx and MSI-X", .on_client = test_intx_and_msix },
	{ "INTx by eventfds", .on_client = test_intx_eventfds },
	{ "a device without MSI-X", .on_client = test_no_msix, .change = without_msix },
	{ }
};
