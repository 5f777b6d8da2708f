// SPDX-License-Identifier: GPL-2.0
/*
 * Bus errors and vfe_blk: requests wait while the function is inaccessible, and
 * complete or fail afterwards.
 */
#include <linux/delay.h>

#include "lib/blk_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

static const struct pci_error_handlers *bus_handlers(struct tdisk *td)
{
	return to_pci_driver(td->m->pdev->dev.driver)->err_handler;
}

/* The PCI core's steps after an error. */
static void bus_fails(struct tdisk *td, pci_channel_state_t state,
		      pci_ers_result_t vote)
{
	struct pci_dev *pdev = td->m->pdev;

	pdev->error_state = state;
	KUNIT_EXPECT_EQ(td->test, (int)vote,
			(int)bus_handlers(td)->error_detected(pdev, state));
}

static void bus_resets(struct tdisk *td, pci_ers_result_t vote)
{
	struct pci_dev *pdev = td->m->pdev;

	KUNIT_EXPECT_EQ(td->test, (int)vote,
			(int)bus_handlers(td)->slot_reset(pdev));
}

static void bus_resumes(struct tdisk *td)
{
	struct pci_dev *pdev = td->m->pdev;

	pdev->error_state = pci_channel_io_normal;
	bus_handlers(td)->resume(pdev);
}

static void bus_comes_back(struct tdisk *td)
{
	bus_resets(td, PCI_ERS_RESULT_RECOVERED);
	bus_resumes(td);
}

/* A disk whose bus failed, with a request in flight: @io */
static struct tdisk *bus_down(struct kunit *test, struct tdisk_io **io)
{
	struct tdisk *td = tdisk_disk(test, 0);

	*io = tdisk_start_kept(td, REQ_OP_READ, 8, 0);
	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	tdisk_serve(td);
	return td;
}

/* Requests wait while the bus is down, and complete when it is back. */
static void fails_and_resumes(struct kunit *test)
{
	struct tdisk_io *io, *late;
	struct tdisk *td = bus_down(test, &io);

	late = tdisk_start(td, REQ_OP_READ, 16, SECTOR_SIZE, 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends + late->ends);
	/* newer kernels set this before the slot reset */
	td->m->pdev->error_state = pci_channel_io_normal;
	bus_comes_back(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, late));
	tdisk_expect_works(td);
}

/* On older kernels the channel is frozen until resume(). */
static void fails_and_resumes_late(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = bus_down(test, &io);

	bus_resets(td, PCI_ERS_RESULT_RECOVERED);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_resumes(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
}

static void tells_without_harm(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct pci_dev *pdev = td->m->pdev;

	bus_fails(td, pci_channel_io_normal, PCI_ERS_RESULT_CAN_RECOVER);
	KUNIT_EXPECT_EQ(test, (int)PCI_ERS_RESULT_RECOVERED,
			(int)bus_handlers(td)->mmio_enabled(pdev));
	tdisk_expect_works(td);
}

/* It is suspended and resumed while its bus is down: it waits for the bus. */
static void fails_and_it_sleeps(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = bus_down(test, &io);
	struct device *dev = &td->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, -EBUSY, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	msleep(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_comes_back(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
}

/* The same without a request in flight, so that it is suspended. */
static void fails_and_it_sleeps_idle(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	io = tdisk_start(td, REQ_OP_READ, 8, SECTOR_SIZE, 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_comes_back(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
}

/* Its slot is reset because of another function, while it works. */
static void resets_a_neighbour(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	io = tdisk_start_kept(td, REQ_OP_READ, 8, 0);
	bus_fails(td, pci_channel_io_normal, PCI_ERS_RESULT_CAN_RECOVER);
	bus_resets(td, PCI_ERS_RESULT_RECOVERED);
	tdisk_serve(td);
	bus_resumes(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
}

/* The slot is lost permanently: requests in flight fail. */
static void fails_for_good(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	io = tdisk_start_kept(td, REQ_OP_READ, 8, 0);
	bus_fails(td, pci_channel_io_perm_failure, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	td->m->pdev->error_state = pci_channel_io_normal;
}

/*
 * The function is absent after its slot was reset, and the PCI core calls no
 * other handler: waiting requests fail. It works again when it is resumed.
 */
static void is_not_there_after_the_reset(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = bus_down(test, &io);

	td->m->knobs.gone = true;
	bus_resets(td, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	td->m->knobs.gone = false;
	bus_comes_back(td);
	tdisk_expect_works(td);
}

/*
 * The slot is never reset: the log says that I/O waits, and the user ends that.
 */
static void is_not_resumed(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tdisk_io *io;
	struct tdisk *td = bus_down(test, &io);

	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_LONG(log_errors(mark, "'recovery'"), 120));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	tdisk_set(td, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	/* and enables it again before the bus is back */
	tdisk_set(td, "recovery", "1");
	msleep(3000);
	bus_comes_back(td);
	tdisk_expect_works(td);
}

/* It is stopped when its bus fails: only a resume starts it. */
static void fails_while_it_sleeps(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	bus_comes_back(td);
	msleep(3000);
	KUNIT_EXPECT_EQ(test, 0, (int)td->m->status);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	tdisk_expect_works(td);
}

/*
 * Requests that fail because the bus was given up do not wait after a resume.
 */
static void sleeps_after_it_was_given_up(struct kunit *test)
{
	struct tdisk_io *io;
	struct tdisk *td = bus_down(test, &io);
	struct device *dev = &td->m->pdev->dev;

	td->m->knobs.gone = true;
	bus_resets(td, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	td->m->knobs.gone = false;
	bus_comes_back(td);
	tdisk_expect_works(td);
}

/* The same if it was suspended when the bus was given up. */
static void is_given_up_while_it_sleeps(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	td->m->knobs.gone = true;
	bus_resets(td, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	td->m->knobs.gone = false;
	bus_comes_back(td);
	tdisk_expect_works(td);
}

/*
 * It resumes while its bus is down, and the bus does not come back: it logs
 * that.
 */
static void wakes_without_a_bus(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;
	struct kmsg_dump_iter mark = log_mark();

	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	/* the first reminder has nothing to report */
	msleep(70000);
	KUNIT_EXPECT_EQ(test, 0U, log_errors(mark, "'recovery'"));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_LONG(log_errors(mark, "'recovery'"), 120));
	bus_comes_back(td);
	tdisk_expect_works(td);
}

/* The user wants no recovery: requests do not wait for ever for the bus. */
static void fails_with_recovery_off(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	tdisk_set(td, "recovery", "0");
	io = tdisk_start_kept(td, REQ_OP_READ, 8, 0);
	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	tdisk_serve(td);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_LONG(io->ends, 120));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	/* a second failure does not make requests wait again */
	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	td->m->pdev->error_state = pci_channel_io_normal;
}

/*
 * The driver finds that registers read as ones before the PCI core reports the
 * error: requests wait nevertheless.
 */
static void is_found_out_first(struct kunit *test, bool told)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct pci_dev *pdev = td->m->pdev;
	struct tdisk_io *io;

	io = tdisk_start_kept(td, REQ_OP_READ, 8, 0);
	/* the work item that the interrupt starts reads the registers */
	vfe_mock_config_interrupt(td->m);
	td->m->knobs.gone = true;
	if (told)
		pdev->error_state = pci_channel_io_frozen;
	msleep(told ? 20000 : 500);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_fails(td, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	tdisk_serve(td);
	td->m->knobs.gone = false;
	bus_comes_back(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
}

static void is_frozen_before_it_is_told(struct kunit *test)
{
	is_found_out_first(test, true);
}

static void is_ones_before_it_is_told(struct kunit *test)
{
	is_found_out_first(test, false);
}

static struct kunit_case bus_cases[] = {
	KUNIT_CASE(fails_and_resumes),
	KUNIT_CASE(fails_and_resumes_late),
	KUNIT_CASE(tells_without_harm),
	KUNIT_CASE(fails_and_it_sleeps),
	KUNIT_CASE(fails_and_it_sleeps_idle),
	KUNIT_CASE(resets_a_neighbour),
	KUNIT_CASE(fails_for_good),
	KUNIT_CASE(is_not_there_after_the_reset),
	KUNIT_CASE_SLOW(is_not_resumed),
	KUNIT_CASE(fails_while_it_sleeps),
	KUNIT_CASE(sleeps_after_it_was_given_up),
	KUNIT_CASE(is_given_up_while_it_sleeps),
	KUNIT_CASE_SLOW(wakes_without_a_bus),
	KUNIT_CASE_SLOW(fails_with_recovery_off),
	KUNIT_CASE_SLOW(is_frozen_before_it_is_told),
	KUNIT_CASE(is_ones_before_it_is_told),
	{}
};

VFE_SUITE(bus_cases);
