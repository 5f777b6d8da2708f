// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of SCSI commands about blocks: what they move, compare and change,
 * and what they refuse; and of protection information.
 */
#include <string.h>
#include <unistd.h>

#include "host.h"

static void check_fails(struct host *h, uint32_t code)
{
	CHECK_EQ(h->response, VIRTIO_SCSI_S_OK);
	CHECK_EQ(h->status, STATUS_CHECK);
	CHECK_EQ(h->code, code);
}

static void check_field(struct host *h, unsigned int byte)
{
	check_fails(h, SENSE_CDB_FIELD);
	CHECK_EQ(get16(h->sense + 16), byte);
}

/* The information of fixed format sense data */
static uint32_t info(struct host *h)
{
	CHECK_EQ(h->sense[0], 0xf0);
	return get32(h->sense + 3);
}

/* A CDB of this operation, in one of its forms */
struct form {
	uint8_t code;
	uint16_t action;
	unsigned int len;
};

static const struct form reads[] = {
	{ 0x08, 0, 6 }, { 0x28, 0, 10 }, { 0xa8, 0, 12 }, { 0x88, 0, 16 },
	{ 0x7f, 9, 32 },
};

static const struct form writes[] = {
	{ 0x0a, 0, 6 }, { 0x2a, 0, 10 }, { 0xaa, 0, 12 }, { 0x8a, 0, 16 },
	{ 0x7f, 11, 32 },
};

static const struct form verifies[] = {
	{ 0x2f, 0, 10 }, { 0xaf, 0, 12 }, { 0x8f, 0, 16 }, { 0x7f, 10, 32 },
};

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))

static void make(const struct form *f, uint8_t *cdb, uint64_t lba,
		 uint32_t blocks, uint8_t flags)
{
	memset(cdb, 0, 32);
	cdb[0] = f->code;
	cdb[f->len == 32 ? 10 : 1] = flags;
	switch (f->len) {
	case 6:
		put32(cdb, (uint32_t)f->code << 24 | lba);
		cdb[4] = blocks;
		break;
	case 10:
		put32(cdb + 2, lba);
		put16(cdb + 7, blocks);
		break;
	case 12:
		put32(cdb + 2, lba);
		put32(cdb + 6, blocks);
		break;
	case 16:
		put64(cdb + 2, lba);
		put32(cdb + 10, blocks);
		break;
	default:
		cdb[7] = 0x18;
		put16(cdb + 8, f->action);
		put64(cdb + 12, lba);
		put32(cdb + 20, lba);
		put32(cdb + 28, blocks);
	}
}

static bool is_disk(const uint8_t *data, uint64_t offset, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != disk_byte(offset + i))
			return false;
	}
	return true;
}

/* What the file of a unit has there */
static void look(enum host_unit unit, uint64_t offset, void *to, size_t len)
{
	if (pread(host_file(unit), to, len, offset) != (ssize_t)len)
		memset(to, 0xdd, len);
}

static bool is_file(enum host_unit unit, uint64_t offset, const uint8_t *data,
		    size_t len)
{
	static uint8_t bytes[UNIT_BYTES];

	look(unit, offset, bytes, len);
	return !memcmp(bytes, data, len);
}

static void test_read(struct guest *g)
{
	uint8_t cdb[32];
	struct host h;

	host_ready(&h, g, V1);
	for (size_t i = 0; i < COUNT(reads); i++) {
		make(&reads[i], cdb, 9, 3, 0);
		CHECK(!host_in(&h, UNIT_PLAIN, cdb, reads[i].len, 2048));
		CHECK(is_disk(host_data(&h), 9 * 512, 3 * 512));
		CHECK_EQ(host_data(&h)[3 * 512], 0xee);
		CHECK_EQ(h.residual, 512);
		CHECK_EQ(h.used, 108 + 3 * 512);
		make(&reads[i], cdb, 9, 3, 0);
		CHECK(!host_in(&h, UNIT_LARGE, cdb, reads[i].len, 3 * 4096));
		CHECK(is_disk(host_data(&h), 9 * 4096, 3 * 4096));
	}
	/* 0 is 256 blocks in the shortest form, none in the others. */
	make(&reads[0], cdb, 1, 0, 0);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb, 6, 256 * 512));
	CHECK(is_disk(host_data(&h), 512, 256 * 512));
	make(&reads[1], cdb, 1, 0, 0);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb, 10, 512));
	CHECK_EQ(h.residual, 512);
	CHECK_EQ(g->c.of_class[SCSI_READS], 2 * COUNT(reads) + 2);
	CHECK_EQ(g->c.of_class[SCSI_BYTES_READ],
		 COUNT(reads) * 3 * (512 + 4096) + 256 * 512);
}

static void test_write(struct guest *g)
{
	uint8_t cdb[32], data[3 * 4096];
	struct host h;

	host_ready(&h, g, V1);
	for (size_t i = 0; i < COUNT(writes); i++) {
		memset(data, i + 1, sizeof(data));
		make(&writes[i], cdb, 20 + i, 2, i & 1 ? 0x08 : 0);
		CHECK(!host_out(&h, UNIT_PLAIN, cdb, writes[i].len, data,
				1024));
		CHECK_EQ(h.residual, 0);
		CHECK_EQ(h.used, 108);
		CHECK(is_file(UNIT_PLAIN, (20 + i) * 512, data, 1024));
		make(&writes[i], cdb, 20 + i, 3, 0);
		CHECK(!host_out(&h, UNIT_LARGE, cdb, writes[i].len, data,
				3 * 4096));
		CHECK(is_file(UNIT_LARGE, (20 + i) * 4096, data, 3 * 4096));
	}
	CHECK_EQ(g->c.of_class[SCSI_WRITES], 2 * COUNT(writes));
	make(&writes[1], cdb, 0, 1, 0);
	CHECK(host_out(&h, UNIT_READONLY, cdb, 10, data, 512));
	check_fails(&h, SENSE_PROTECTED);
	CHECK(!host_plain(&h, UNIT_PLAIN, CDB(0x35, 0, 0, 0, 0, 0, 0, 0, 0)));
	CHECK(!host_plain(&h, UNIT_PLAIN, CDB(0x91, 0)));
	CHECK(host_plain(&h, UNIT_PLAIN, CDB(0x91, 0, 1)));
	check_fails(&h, SENSE_RANGE);
	CHECK_EQ(g->c.of_class[SCSI_FLUSHES], 3);
}

/* Blocks that are not there, and more than a command may have */
static void test_range(struct guest *g)
{
	static const struct {
		uint64_t lba;
		uint32_t blocks;
	} bad[] = {
		{ UNIT_512, 1 }, { UNIT_512 - 1, 2 }, { 0, UNIT_512 + 1 },
		{ UINT64_MAX, 1 }, { UINT64_MAX - 1, 0xffffffff },
		{ 0x80000000, 0 },
	};
	struct host h;
	uint8_t cdb[32];

	host_ready(&h, g, V1);
	for (size_t i = 0; i < COUNT(bad); i++) {
		make(&reads[3], cdb, bad[i].lba, bad[i].blocks, 0);
		CHECK(host_in(&h, UNIT_PLAIN, cdb, 16, 4096));
		check_fails(&h, SENSE_RANGE);
		make(&writes[4], cdb, bad[i].lba, bad[i].blocks, 0);
		CHECK(host_out(&h, UNIT_PLAIN, cdb, 32, NULL, 4096));
		check_fails(&h, SENSE_RANGE);
	}
	make(&reads[1], cdb, UNIT_512 - 1, 1, 0);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb, 10, 512));
	/* The end itself may be named, for no blocks. */
	make(&reads[1], cdb, UNIT_512, 0, 0);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb, 10, 512));
	/* A buffer that is too small, or of the other direction */
	make(&reads[1], cdb, 0, 2, 0);
	CHECK(host_in(&h, UNIT_PLAIN, cdb, 10, 1023));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	CHECK_EQ(host_data(&h)[0], 0xee);
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, NULL, 1024));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	make(&writes[1], cdb, 0, 2, 0);
	CHECK(host_in(&h, UNIT_PLAIN, cdb, 10, 1024));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	/* Protection that the unit does not have */
	make(&reads[1], cdb, 0, 2, 0x20);
	CHECK(host_in(&h, UNIT_PLAIN, cdb, 10, 1024));
	check_field(&h, 1);
}

/* A file that is shorter than it was at first */
static void test_medium_error(struct guest *g)
{
	uint8_t cdb[32];
	struct host h;

	host_ready(&h, g, V1);
	CHECK(!ftruncate(host_file(UNIT_PLAIN), 4096));
	make(&reads[1], cdb, 8, 1, 0);
	CHECK(host_in(&h, UNIT_PLAIN, cdb, 10, 512));
	check_fails(&h, SENSE_READ_ERROR);
	CHECK_EQ(info(&h), 8);
	CHECK_EQ(h.residual, 512);
	CHECK_EQ(g->c.of_class[SCSI_ERRORS], 1);
	make(&verifies[0], cdb, 8, 1, 2);
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, NULL, 512));
	check_fails(&h, SENSE_READ_ERROR);
	/* An address that fixed format sense data have no room for */
	scsi_of(g->v)->units[0]->descriptor_sense = true;
	make(&reads[3], cdb, 1ULL << 40, 1, 0);
	CHECK(host_in(&h, UNIT_PLAIN, cdb, 16, 512));
	CHECK_EQ(h.code, SENSE_RANGE);
	CHECK_EQ(get64(h.sense + 12), 1ULL << 40);
	CHECK_EQ(h.sense_len, 20);
}

static void test_failures(struct guest *g)
{
	struct host h;
	uint8_t cdb[32];

	host_ready(&h, g, V1);
	service_fail(g->v, 3);
	make(&reads[1], cdb, 0, 1, 0);
	CHECK(host_in(&h, UNIT_PLAIN, cdb, 10, 512));
	check_fails(&h, SENSE_READ_ERROR);
	make(&writes[1], cdb, 0, 1, 0);
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, NULL, 512));
	check_fails(&h, SENSE_WRITE_ERROR);
	CHECK(host_in(&h, UNIT_PLAIN, CDB(0x1a, 0, 0x3f, 0, 255), 255));
	check_fails(&h, SENSE_TARGET_FAILURE);
	make(&reads[1], cdb, 0, 1, 0);
	CHECK(!host_in(&h, UNIT_PLAIN, cdb, 10, 512));
	CHECK(is_disk(host_data(&h), 0, 512));
}

static void test_verify(struct guest *g)
{
	uint8_t cdb[32], *data;
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	for (size_t i = 0; i < COUNT(verifies); i++) {
		unsigned int len = verifies[i].len;

		make(&verifies[i], cdb, 5, 200, 0);
		CHECK(!host_plain(&h, UNIT_PLAIN, cdb, len));
		for (size_t j = 0; j < 200 * 512; j++)
			data[j] = disk_byte(5 * 512 + j);
		make(&verifies[i], cdb, 5, 200, 2);
		CHECK(!host_out(&h, UNIT_PLAIN, cdb, len, NULL, 200 * 512));
		data[150 * 512 + 7]++;
		CHECK(host_out(&h, UNIT_PLAIN, cdb, len, NULL, 200 * 512));
		check_fails(&h, SENSE_MISCOMPARE);
		CHECK_EQ(info(&h), 150 * 512 + 7);
		CHECK(host_out(&h, UNIT_PLAIN, cdb, len, NULL, 199 * 512));
		CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
		make(&verifies[i], cdb, 5, 1, 4);
		CHECK(host_plain(&h, UNIT_PLAIN, cdb, len));
		check_field(&h, len == 32 ? 10 : 1);
		make(&verifies[i], cdb, UNIT_512, 1, 0);
		CHECK(host_plain(&h, UNIT_PLAIN, cdb, len));
		check_fails(&h, SENSE_RANGE);
	}
	/* One block, against each */
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x41, 0, 0, 0, 0, 9, 0, 0, 4),
			data, 512));
	make(&verifies[0], cdb, 9, 4, 6);
	CHECK(!host_out(&h, UNIT_PLAIN, cdb, 10, NULL, 512));
	make(&verifies[0], cdb, 9, 5, 6);
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, NULL, 512));
	check_fails(&h, SENSE_MISCOMPARE);
}

static void test_compare_and_write(struct guest *g)
{
	uint8_t cdb[16] = { 0x89, [9] = 7, [13] = 2 };
	uint8_t *data, old[1024];
	struct host h;

	host_ready(&h, g, V1);
	data = host_data(&h);
	for (size_t i = 0; i < 1024; i++)
		data[i] = disk_byte(7 * 512 + i);
	memcpy(old, data, 1024);
	memset(data + 1024, 0x5a, 1024);
	CHECK(!host_out(&h, UNIT_PLAIN, cdb, 16, NULL, 2048));
	CHECK(is_file(UNIT_PLAIN, 7 * 512, data + 1024, 1024));
	/* The old data are there no more, so nothing is written. */
	memset(data + 1024, 0xa5, 1024);
	data[0] = 0x5a;
	data[1] = 0x5a;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 16, NULL, 2048));
	check_fails(&h, SENSE_MISCOMPARE);
	CHECK(info(&h) >= 2);
	memset(data, 0x5a, 1024);
	CHECK(is_file(UNIT_PLAIN, 7 * 512, data, 1024));
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 16, NULL, 2047));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	cdb[1] = 0x20;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 16, NULL, 2048));
	check_field(&h, 1);
	cdb[1] = 0;
	cdb[13] = 129;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 16, NULL, 0x80000));
	check_field(&h, 13);
	cdb[13] = 0;
	CHECK(!host_out(&h, UNIT_PLAIN, cdb, 16, NULL, 512));
	put64(cdb + 2, UNIT_512);
	cdb[13] = 1;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 16, NULL, 1024));
	check_fails(&h, SENSE_RANGE);
}

static void test_unmap(struct guest *g)
{
	static const uint8_t zeroes[8 * 512];
	uint8_t cdb[10] = { 0x42, [8] = 40 }, list[40] = { [1] = 38, [3] = 32 };
	uint8_t bytes[512];
	struct host h;

	host_ready(&h, g, V1);
	put64(list + 8, 16);
	put32(list + 16, 8);
	put64(list + 24, 40);
	put32(list + 32, 1);
	CHECK(!host_out(&h, UNIT_PLAIN, cdb, 10, list, 40));
	CHECK(is_file(UNIT_PLAIN, 16 * 512, zeroes, 8 * 512));
	CHECK(is_file(UNIT_PLAIN, 40 * 512, zeroes, 512));
	look(UNIT_PLAIN, 41 * 512, bytes, 512);
	CHECK(is_disk(bytes, 41 * 512, 512));
	/* One invalid descriptor: none is unmapped. */
	put64(list + 8, 100);
	put64(list + 24, UNIT_512);
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, list, 40));
	check_fails(&h, SENSE_RANGE);
	look(UNIT_PLAIN, 100 * 512, bytes, 512);
	CHECK(is_disk(bytes, 100 * 512, 512));
	/* Descriptors that are cut short, are none, or too many */
	list[3] = 48;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, list, 40));
	check_fails(&h, SENSE_LIST_LENGTH);
	list[3] = 15;
	CHECK(!host_out(&h, UNIT_PLAIN, cdb, 10, list, 40));
	put16(list + 2, 257 * 16);
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, list, 40));
	check_fails(&h, SENSE_LIST_FIELD);
	cdb[8] = 7;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, list, 40));
	check_fails(&h, SENSE_LIST_LENGTH);
	cdb[8] = 0;
	CHECK(!host_plain(&h, UNIT_PLAIN, cdb, 10));
	cdb[8] = 40;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, list, 39));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	cdb[1] = 1;
	CHECK(host_out(&h, UNIT_PLAIN, cdb, 10, list, 40));
	check_field(&h, 1);
	CHECK_EQ(g->c.of_class[SCSI_UNMAPS], 9);
}

static void test_write_same(struct guest *g)
{
	static const uint8_t zeroes[10 * 4096];
	uint8_t block[4096], bytes[10 * 4096], cdb[16] = { 0x93, [9] = 3,
							    [13] = 10 };
	struct host h;

	host_ready(&h, g, V1);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = i * 5;
	for (size_t i = 0; i < 10; i++)
		memcpy(bytes + i * 4096, block, 4096);
	CHECK(!host_out(&h, UNIT_LARGE, cdb, 16, block, 4096));
	CHECK(is_file(UNIT_LARGE, 3 * 4096, bytes, sizeof(bytes)));
	/* Without data; unmapped; with zeroes; the shorter form */
	cdb[1] = 0x01;
	CHECK(!host_plain(&h, UNIT_LARGE, cdb, 16));
	CHECK(is_file(UNIT_LARGE, 3 * 4096, zeroes, sizeof(zeroes)));
	cdb[1] = 0;
	CHECK(!host_out(&h, UNIT_LARGE, cdb, 16, block, 4096));
	cdb[1] = 0x08;
	CHECK(!host_out(&h, UNIT_LARGE, cdb, 16, zeroes, 4096));
	CHECK(is_file(UNIT_LARGE, 3 * 4096, zeroes, sizeof(zeroes)));
	CHECK(!host_out(&h, UNIT_LARGE, CDB(0x41, 0x08, 0, 0, 0, 3, 0, 0, 10),
			block, 4096));
	CHECK(is_file(UNIT_LARGE, 3 * 4096, bytes, sizeof(bytes)));
	/* More than the buffer of 64 KiB holds at once */
	CHECK(!host_out(&h, UNIT_PLAIN, CDB(0x41, 0, 0, 0, 0, 0, 0, 1, 0x41),
			block, 512));
	look(UNIT_PLAIN, 0x140 * 512, bytes, 1024);
	CHECK(!memcmp(bytes, block, 512));
	CHECK(is_disk(bytes + 512, 0x141 * 512, 512));
	cdb[1] = 0x10;
	CHECK(host_out(&h, UNIT_LARGE, cdb, 16, block, 4096));
	check_field(&h, 1);
	CHECK(host_out(&h, UNIT_LARGE, CDB(0x41, 1, 0, 0, 0, 3, 0, 0, 1),
		       block, 4096));
	check_field(&h, 1);
	CHECK(host_out(&h, UNIT_LARGE, CDB(0x41, 0, 0, 0, 0, 3, 0, 0, 0),
		       block, 4096));
	check_field(&h, 7);
	cdb[1] = 0;
	CHECK(host_out(&h, UNIT_LARGE, cdb, 16, block, 4095));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	put64(cdb + 2, UNIT_BYTES / 4096);
	CHECK(host_out(&h, UNIT_LARGE, cdb, 16, block, 4096));
	check_fails(&h, SENSE_RANGE);
}

/* With T10_PI: a command, and information before the data */
static int protected(struct host *h, const uint8_t *cdb, unsigned int len,
		     uint32_t pi, uint32_t data, bool out)
{
	return host_ask(h, &(struct ask){
		.unit = UNIT_PROTECTED, .cdb = cdb, .cdb_len = len,
		.pi_out = out ? pi : 0, .pi_in = out ? 0 : pi,
		.out_len = out ? pi + data : 0, .in_len = out ? 0 : pi + data,
	});
}

static void test_protection(struct guest *g)
{
	uint8_t cdb[32], pi[16], *data;
	struct host h;

	CHECK(offered(g) & BIT64(VIRTIO_SCSI_F_T10_PI));
	host_ready(&h, g, V1 | BIT64(VIRTIO_SCSI_F_T10_PI));
	data = host_data(&h);
	CHECK(!host_in(&h, UNIT_PROTECTED, CDB(0x12, 0, 0, 0, 36), 36));
	CHECK_EQ(data[5], 1);
	CHECK(!host_in(&h, UNIT_PROTECTED, CDB(0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0,
					       0, 0, 0, 0, 32), 32));
	CHECK_EQ(data[12], 1);
	/* Blocks that were never written */
	make(&reads[1], cdb, 3, 2, 0x20);
	CHECK(!protected(&h, cdb, 10, 16, 1024, false));
	CHECK_EQ(get64(data), UINT64_MAX);
	CHECK(is_disk(data + 16, 3 * 512, 1024));
	CHECK_EQ(h.used, 108 + 16 + 1024);
	CHECK_EQ(h.residual, 0);
	/* Without information of the driver's, the device makes it. */
	memset(data, 0, 1024);
	put32(data, 0x12345678);
	make(&writes[1], cdb, 3, 2, 0);
	CHECK(!protected(&h, cdb, 10, 0, 1024, true));
	make(&reads[1], cdb, 3, 2, 0x20);
	CHECK(!protected(&h, cdb, 10, 16, 1024, false));
	memcpy(pi, data, 16);
	CHECK_EQ(get32(pi + 4), 3);
	CHECK_EQ(get32(pi + 12), 4);
	CHECK_EQ(get16(pi + 8), 0);	/* of zeroes */
	/* The same from the driver */
	make(&writes[1], cdb, 3, 2, 0x20);
	CHECK(!protected(&h, cdb, 10, 16, 1024, true));
	CHECK_EQ(h.residual, 0);
	/* A wrong reference tag, a wrong guard; not checked */
	data[15]++;
	CHECK(protected(&h, cdb, 10, 16, 1024, true));
	check_fails(&h, SENSE_REF_TAG);
	CHECK_EQ(info(&h), 4);
	data[15]--;
	data[1]++;
	CHECK(protected(&h, cdb, 10, 16, 1024, true));
	check_fails(&h, SENSE_GUARD);
	make(&writes[1], cdb, 3, 2, 0x60);
	CHECK(!protected(&h, cdb, 10, 16, 1024, true));
	/* The wrong guard is there now. */
	make(&reads[3], cdb, 3, 2, 0x20);
	CHECK(protected(&h, cdb, 16, 16, 1024, false));
	check_fails(&h, SENSE_GUARD);
	make(&reads[3], cdb, 3, 2, 0x40);
	CHECK(!protected(&h, cdb, 16, 16, 1024, false));
	/* Unmapped blocks have none. */
	CHECK(!host_plain(&h, UNIT_PROTECTED, CDB(0x93, 0x09, 0, 0, 0, 0, 0, 0,
						  0, 3, 0, 0, 0, 2)));
	CHECK(!protected(&h, cdb, 16, 16, 1024, false));
	CHECK_EQ(get64(data + 8), UINT64_MAX);
}

/* The check value of the CRC: 123456789 gives d0db; 32 zeroes give 0. */
static void test_guard(struct guest *g)
{
	struct unit *u = scsi_of(g->v)->units[NUM_HOST_UNITS - 1];
	uint8_t block[512] = {}, cdb[32];
	struct host h;

	host_ready(&h, g, V1 | BIT64(VIRTIO_SCSI_F_T10_PI));
	/* Leading zeroes change nothing. */
	memcpy(block + 512 - 9, "123456789", 9);
	protect_generate(u, 0, block, 1);
	make(&reads[1], cdb, 0, 1, 0x60);
	CHECK(!protected(&h, cdb, 10, 8, 512, false));
	CHECK_EQ(get16(host_data(&h)), 0xd0db);
}

static void test_bad_protection(struct guest *g)
{
	uint8_t cdb[32];
	struct host h;

	host_ready(&h, g, V1 | BIT64(VIRTIO_SCSI_F_T10_PI));
	/* Too little of it, more than there is data, a value there is not */
	make(&reads[1], cdb, 3, 2, 0x20);
	CHECK(protected(&h, cdb, 10, 8, 1024, false));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_OVERRUN);
	CHECK(host_ask(&h, &(struct ask){ .unit = UNIT_PROTECTED, .cdb = cdb,
		       .cdb_len = 10, .in_len = 64, .pi_in = 65 }));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_FAILURE);
	CHECK(host_ask(&h, &(struct ask){ .unit = UNIT_PROTECTED, .cdb = cdb,
		       .cdb_len = 10, .out_len = 64, .pi_out = UINT32_MAX }));
	CHECK_EQ(h.response, VIRTIO_SCSI_S_FAILURE);
	make(&writes[1], cdb, 3, 2, 0xc0);
	CHECK(protected(&h, cdb, 10, 16, 1024, true));
	check_field(&h, 1);
	/* A driver that has not accepted the feature */
	host_ready(&h, g, V1);
	make(&reads[1], cdb, 3, 2, 0x20);
	CHECK(protected(&h, cdb, 10, 0, 1024, false));
	check_field(&h, 1);
	make(&reads[1], cdb, 3, 2, 0);
	CHECK(!protected(&h, cdb, 10, 0, 1024, false));
	CHECK(is_disk(host_data(&h), 3 * 512, 1024));
}

/* Type 2: tags come with the CDB of 32 bytes. */
static void test_type_2(struct guest *g)
{
	struct unit *u = scsi_of(g->v)->units[NUM_HOST_UNITS - 1];
	uint8_t cdb[32], *data;
	struct host h;

	u->protection = 2;
	host_ready(&h, g, V1 | BIT64(VIRTIO_SCSI_F_T10_PI));
	data = host_data(&h);
	make(&reads[1], cdb, 3, 2, 0x20);
	CHECK(protected(&h, cdb, 10, 16, 1024, false));
	check_fails(&h, SENSE_OPCODE);
	memset(data, 0, 1040);
	put32(data + 4, 77);
	put16(data + 2, 0x1234);
	put32(data + 12, 78);
	put16(data + 10, 0x1234);
	make(&writes[4], cdb, 3, 2, 0x20);
	put32(cdb + 20, 77);
	put16(cdb + 24, 0x12ff);
	put16(cdb + 26, 0xff00);
	CHECK(!protected(&h, cdb, 32, 16, 1024, true));
	make(&reads[4], cdb, 3, 2, 0x20);
	put32(cdb + 20, 77);
	CHECK(!protected(&h, cdb, 32, 16, 1024, false));
	put32(cdb + 20, 76);
	CHECK(protected(&h, cdb, 32, 16, 1024, false));
	check_fails(&h, SENSE_REF_TAG);
	put16(cdb + 26, 0xffff);
	CHECK(protected(&h, cdb, 32, 16, 1024, false));
	check_fails(&h, SENSE_APP_TAG);
	u->protection = 1;
}

const struct test scsi_transfer_tests[] = {
	{ "SCSI: READ, in all forms", .on_guest = test_read,
	  .change = with_host },
	{ "SCSI: WRITE, in all forms, and SYNCHRONIZE CACHE",
	  .on_guest = test_write, .change = with_host },
	{ "SCSI: blocks and buffers that are not there",
	  .on_guest = test_range, .change = with_host },
	{ "SCSI: the backing file fails",
	  .on_guest = test_medium_error, .change = with_host },
	{ "SCSI: failures by command",
	  .on_guest = test_failures, .change = with_host },
	{ "SCSI: VERIFY, in all forms",
	  .on_guest = test_verify, .change = with_host },
	{ "SCSI: COMPARE AND WRITE",
	  .on_guest = test_compare_and_write, .change = with_host },
	{ "SCSI: UNMAP", .on_guest = test_unmap, .change = with_host },
	{ "SCSI: WRITE SAME", .on_guest = test_write_same, .change = with_host },
	{ "SCSI: protection information",
	  .on_guest = test_protection, .change = with_protection },
	{ "SCSI: the guard of a block",
	  .on_guest = test_guard, .change = with_protection },
	{ "SCSI: protection information that makes no sense",
	  .on_guest = test_bad_protection, .change = with_protection },
	{ "SCSI: protection of type 2",
	  .on_guest = test_type_2, .change = with_protection },
	{ }
};
