// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the addresses of SCSI units, as driver and device write them. */
#include <string.h>
#include <vfe/wire_scsi.h>

#include "guest.h"

/* Each unit has one address, and is found by it. */
static void test_round_trip(void)
{
	static const unsigned int targets[] = { 0, 1, 7, 255 };
	static const unsigned int units[] = { 0, 1, 255, 256, 16383 };
	unsigned int target, unit;
	__u8 lun[VFE_SCSI_LUN_LEN];

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		for (size_t j = 0; j < sizeof(units) / sizeof(units[0]); j++) {
			memset(lun, 0xff, sizeof(lun));
			vfe_scsi_put_lun(lun, targets[i], units[j]);
			CHECK(vfe_scsi_get_lun(lun, &target, &unit));
			CHECK_EQ(target, targets[i]);
			CHECK_EQ(unit, units[j]);
		}
	}
}

/* 5.6.6.1: the bytes themselves, and the other form that drivers use */
static void test_bytes(void)
{
	static const __u8 flat[] = { 1, 3, 0x41, 2, 0, 0, 0, 0 };
	static const __u8 peripheral[] = { 1, 3, 0, 200, 0, 0, 0, 0 };
	unsigned int target, unit;
	__u8 lun[VFE_SCSI_LUN_LEN];

	vfe_scsi_put_lun(lun, 3, 258);
	CHECK(!memcmp(lun, flat, sizeof(lun)));
	CHECK(vfe_scsi_get_lun(peripheral, &target, &unit));
	CHECK_EQ(target, 3);
	CHECK_EQ(unit, 200);
}

static void test_bad(void)
{
	static const __u8 bad[][VFE_SCSI_LUN_LEN] = {
		{ 0 },
		{ 0, 1, 0x40 },
		{ 2, 1, 0x40 },
		{ 1, 0, 0x01 },		/* another bus */
		{ 1, 0, 0x80 },		/* logical unit addressing */
		{ 1, 0, 0xc1, 1 },	/* a well-known unit of a target */
		{ VFE_SCSI_WLUN, VFE_SCSI_WLUN_REPORT },
		{ 1, 0, 0x40, 0, 1 },	/* a second level */
		{ 1, 0, 0x40, 0, 0, 0, 0, 1 },
	};
	unsigned int target, unit;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!vfe_scsi_get_lun(bad[i], &target, &unit));
}

const struct test scsi_wire_tests[] = {
	{ "SCSI addresses: each unit has one", .run = test_round_trip },
	{ "SCSI addresses: their bytes, and the other form",
	  .run = test_bytes },
	{ "SCSI addresses: no address of a unit", .run = test_bad },
	{ }
};
