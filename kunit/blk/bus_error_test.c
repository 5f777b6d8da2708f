// SPDX-License-Identifier: GPL-2.0
/*
 * Bus errors and vfe_blk: requests wait while the function is inaccessible, and
 * complete or fail afterwards.
 */
#include <linux/delay.h>

#include "lib/blk_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

static const struct pci_error_handlers *bus_handlers(struct vfe_rig *rig)
{
	return to_pci_driver(rig->m->pdev->dev.driver)->err_handler;
}

/* The PCI core's steps after an error. */
static void bus_fails(struct vfe_rig *rig, pci_channel_state_t state,
		      pci_ers_result_t vote)
{
	struct pci_dev *pdev = rig->m->pdev;

	pdev->error_state = state;
	KUNIT_EXPECT_EQ(rig->test, (int)vote,
			(int)bus_handlers(rig)->error_detected(pdev, state));
}

static void bus_resets(struct vfe_rig *rig, pci_ers_result_t vote)
{
	struct pci_dev *pdev = rig->m->pdev;

	KUNIT_EXPECT_EQ(rig->test, (int)vote,
			(int)bus_handlers(rig)->slot_reset(pdev));
}

static void bus_resumes(struct vfe_rig *rig)
{
	struct pci_dev *pdev = rig->m->pdev;

	pdev->error_state = pci_channel_io_normal;
	bus_handlers(rig)->resume(pdev);
}

static void bus_comes_back(struct vfe_rig *rig)
{
	bus_resets(rig, PCI_ERS_RESULT_RECOVERED);
	bus_resumes(rig);
}

/* A disk whose bus failed, with a request in flight: @io */
static struct vfe_rig *bus_down(struct kunit *test, struct vfe_rig_io **io)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);

	*io = vfe_rig_start_kept(rig, REQ_OP_READ, 8, 0);
	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	vfe_rig_serve(rig);
	return rig;
}

/* Requests wait while the bus is down, and complete when it is back. */
static void fails_and_resumes(struct kunit *test)
{
	struct vfe_rig_io *io, *late;
	struct vfe_rig *rig = bus_down(test, &io);

	late = vfe_rig_start(rig, REQ_OP_READ, 16, SECTOR_SIZE, 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends + late->ends);
	/* newer kernels set this before the slot reset */
	rig->m->pdev->error_state = pci_channel_io_normal;
	bus_comes_back(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, late));
	vfe_rig_works(rig);
}

/* On older kernels the channel is frozen until resume(). */
static void fails_and_resumes_late(struct kunit *test)
{
	struct vfe_rig_io *io;
	struct vfe_rig *rig = bus_down(test, &io);

	bus_resets(rig, PCI_ERS_RESULT_RECOVERED);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_resumes(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
}

static void tells_without_harm(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct pci_dev *pdev = rig->m->pdev;

	bus_fails(rig, pci_channel_io_normal, PCI_ERS_RESULT_CAN_RECOVER);
	KUNIT_EXPECT_EQ(test, (int)PCI_ERS_RESULT_RECOVERED,
			(int)bus_handlers(rig)->mmio_enabled(pdev));
	vfe_rig_works(rig);
}

/* It is suspended and resumed while its bus is down: it waits for the bus. */
static void fails_and_it_sleeps(struct kunit *test)
{
	struct vfe_rig_io *io;
	struct vfe_rig *rig = bus_down(test, &io);
	struct device *dev = &rig->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, -EBUSY, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	msleep(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_comes_back(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
}

/* The same without a request in flight, so that it is suspended. */
static void fails_and_it_sleeps_idle(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	io = vfe_rig_start(rig, REQ_OP_READ, 8, SECTOR_SIZE, 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_comes_back(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
}

/* Its slot is reset because of another function, while it works. */
static void resets_a_neighbour(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;

	io = vfe_rig_start_kept(rig, REQ_OP_READ, 8, 0);
	bus_fails(rig, pci_channel_io_normal, PCI_ERS_RESULT_CAN_RECOVER);
	bus_resets(rig, PCI_ERS_RESULT_RECOVERED);
	vfe_rig_serve(rig);
	bus_resumes(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
}

/* The slot is lost permanently: requests in flight fail. */
static void fails_for_good(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;

	io = vfe_rig_start_kept(rig, REQ_OP_READ, 8, 0);
	bus_fails(rig, pci_channel_io_perm_failure, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	rig->m->pdev->error_state = pci_channel_io_normal;
}

/*
 * The function is absent after its slot was reset, and the PCI core calls no
 * other handler: waiting requests fail. It works again when it is resumed.
 */
static void is_not_there_after_the_reset(struct kunit *test)
{
	struct vfe_rig_io *io;
	struct vfe_rig *rig = bus_down(test, &io);

	rig->m->knobs.gone = true;
	bus_resets(rig, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	rig->m->knobs.gone = false;
	bus_comes_back(rig);
	vfe_rig_works(rig);
}

/*
 * The slot is never reset: the log says that I/O waits, and the user ends that.
 */
static void is_not_resumed(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct vfe_rig_io *io;
	struct vfe_rig *rig = bus_down(test, &io);

	KUNIT_EXPECT_TRUE(test,
			  VFE_RIG_IN_TIME(log_errors(mark, "'recovery'"), 120));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	vfe_rig_set(rig, "recovery", "0");
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	/* and enables it again before the bus is back */
	vfe_rig_set(rig, "recovery", "1");
	msleep(3000);
	bus_comes_back(rig);
	vfe_rig_works(rig);
}

/* It is stopped when its bus fails: only a resume starts it. */
static void fails_while_it_sleeps(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	bus_comes_back(rig);
	msleep(3000);
	KUNIT_EXPECT_EQ(test, 0, (int)rig->m->status);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	vfe_rig_works(rig);
}

/*
 * Requests that fail because the bus was given up do not wait after a resume.
 */
static void sleeps_after_it_was_given_up(struct kunit *test)
{
	struct vfe_rig_io *io;
	struct vfe_rig *rig = bus_down(test, &io);
	struct device *dev = &rig->m->pdev->dev;

	rig->m->knobs.gone = true;
	bus_resets(rig, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_write(rig, 0, 512, 1));
	rig->m->knobs.gone = false;
	bus_comes_back(rig);
	vfe_rig_works(rig);
}

/* The same if it was suspended when the bus was given up. */
static void is_given_up_while_it_sleeps(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	rig->m->knobs.gone = true;
	bus_resets(rig, PCI_ERS_RESULT_DISCONNECT);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_write(rig, 0, 512, 1));
	rig->m->knobs.gone = false;
	bus_comes_back(rig);
	vfe_rig_works(rig);
}

/*
 * It resumes while its bus is down, and the bus does not come back: it logs
 * that.
 */
static void wakes_without_a_bus(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct device *dev = &rig->m->pdev->dev;
	struct kmsg_dump_iter mark = log_mark();

	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	/* the first reminder has nothing to report */
	msleep(70000);
	KUNIT_EXPECT_EQ(test, 0U, log_errors(mark, "'recovery'"));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_TRUE(test,
			  VFE_RIG_IN_TIME(log_errors(mark, "'recovery'"), 120));
	bus_comes_back(rig);
	vfe_rig_works(rig);
}

/* The user wants no recovery: requests do not wait for ever for the bus. */
static void fails_with_recovery_off(struct kunit *test)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct vfe_rig_io *io;

	vfe_rig_set(rig, "recovery", "0");
	io = vfe_rig_start_kept(rig, REQ_OP_READ, 8, 0);
	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	vfe_rig_serve(rig);
	KUNIT_EXPECT_TRUE(test, VFE_RIG_IN_TIME(io->ends, 120));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	/* a second failure does not make requests wait again */
	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_write(rig, 0, 512, 1));
	rig->m->pdev->error_state = pci_channel_io_normal;
}

/*
 * The driver finds that registers read as ones before the PCI core reports the
 * error: requests wait nevertheless.
 */
static void is_found_out_first(struct kunit *test, bool told)
{
	struct vfe_rig *rig = vfe_rig_disk(test, 0);
	struct pci_dev *pdev = rig->m->pdev;
	struct vfe_rig_io *io;

	io = vfe_rig_start_kept(rig, REQ_OP_READ, 8, 0);
	/* the work item that the interrupt starts reads the registers */
	vfe_mock_config_interrupt(rig->m);
	rig->m->knobs.gone = true;
	if (told)
		pdev->error_state = pci_channel_io_frozen;
	msleep(told ? 20000 : 500);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	bus_fails(rig, pci_channel_io_frozen, PCI_ERS_RESULT_NEED_RESET);
	vfe_rig_serve(rig);
	rig->m->knobs.gone = false;
	bus_comes_back(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
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
