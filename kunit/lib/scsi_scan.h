/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bind a host of scsi_fixture.h while scsi_mod.scan has a value, until the test
 * ends.
 */
#ifndef VFE_KUNIT_SCSI_SCAN_H
#define VFE_KUNIT_SCSI_SCAN_H

#include "scsi_fixture.h"

#define TSCSI_SCAN	"module/scsi_mod/parameters/scan"

/**
 * struct tscsi_scan - the parameter of the SCSI core, until the test ends
 * @sysfs: where its file is
 * @was: its value before
 */
struct tscsi_scan {
	struct vfsmount *sysfs;
	char was[16];
};

static inline void tscsi_scan_restore(void *data)
{
	struct tscsi_scan *scan = data;

	vfe_files_write_path(scan->sysfs, TSCSI_SCAN, strim(scan->was));
}

/* The SCSI core scans as @type says. */
static inline void tscsi_set_scan(struct tscsi *ts, const char *type)
{
	struct tscsi_scan *scan = kunit_kzalloc(ts->test, sizeof(*scan),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(ts->test, scan);
	scan->sysfs = ts->sysfs;
	KUNIT_ASSERT_GT(ts->test, vfe_files_read_path(ts->sysfs, TSCSI_SCAN,
						      scan->was,
						      sizeof(scan->was)), 0L);
	KUNIT_ASSERT_EQ(ts->test, 0,
			kunit_add_action_or_reset(ts->test, tscsi_scan_restore,
						  scan));
	KUNIT_ASSERT_GT(ts->test, vfe_files_write_path(ts->sysfs, TSCSI_SCAN,
						       type), 0L);
}

/* Binds while it does, with a second unit at target 3. */
static inline struct tscsi *tscsi_bind_with_scan(struct kunit *test,
						 const char *type)
{
	struct tscsi *ts = tscsi_plug(test, NULL, NULL);

	tscsi_set_scan(ts, type);
	tscsi_add_unit(ts, 3, 0);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	return ts;
}

#endif /* VFE_KUNIT_SCSI_SCAN_H */
