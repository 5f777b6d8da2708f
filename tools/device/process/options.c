// SPDX-License-Identifier: GPL-2.0
/*
 * The command line: every value is checked here, and one line says what is
 * wrong with it and what to do.
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfe/version.h>
#include "device.h"
#include "virtio/wire.h"

#define MAX_QUEUES	(IRQ_MAX_VECTORS - 1)
#define MAX_QUEUE_SIZE	1024

static const char usage[] =
"Usage: vfe-device --socket PATH --backing FILE [OPTION]...\n"
"Serve one PCI function with a virtio block device over vfio-user.\n"
"\n"
"  --socket PATH         Unix socket to which QEMU's vfio-user-pci connects\n"
"  --backing FILE        disk image or block device, a multiple of 512 bytes\n"
"  --control PATH        Unix socket for counters, reset, map, resize,\n"
"                        stall, fail, service, seed, quirk,\n"
"                        interrupt, drop-driver-ok, quit\n"
"  --id vfe|stock        PCI id 1af4:10f2 (default) or 1af4:1042\n"
"  --doorbell trap|map   the notify page traps (default) or is shared memory\n"
"  --poll                poll the rings and suppress notifications\n"
"  --queues N            request queues, 1 to 64 (default 4)\n"
"  --queue-size N        entries, 1 to 1024 (default 256); a split ring gets the\n"
"                        next lower power of two\n"
"  --readonly            make the disk read-only\n"
"  --serial STR          up to 20 characters (default vfe)\n"
"  --no-msix             INTx only\n"
"  --features-off LIST   virtio features not to offer, separated by commas\n"
"                        (default: offer all): packed, in_order,\n"
"                        event_idx, indirect_desc, notification_data,\n"
"                        notif_config_data, ring_reset, order_platform,\n"
"                        access_platform, version_1, size_max, seg_max,\n"
"                        blk_size, flush, topology, config_wce, mq, discard,\n"
"                        write_zeroes, secure_erase\n"
"  --fault LIST          break rules, for tests of drivers: features, wce,\n"
"                        queue_size_zero, queue_size_odd, config_vector,\n"
"                        queue_vector, notify_offset, generation, queue_reset\n"
"  --service MODEL       service time of each request, all concurrently:\n"
"                        constant:US, exponential:US,\n"
"                        lognormal:MEDIAN_US:SIGMA or\n"
"                        bimodal:FAST_US:SLOW_US:PERCENT_SLOW\n"
"  --parallel N          serve at most N requests concurrently, 1 to 1024\n"
"  --seed N              seed of the service times (default 0)\n"
"  --fail-every N        fail each Nth request with an I/O error\n"
"  --lifetime EOL,A,B    offer LIFETIME with these values (0 to 3, 0 to 11 twice)\n"
"  --zoned host-managed,zone-size=BYTES[,NAME=NUMBER]...\n"
"                        zoned disk; NAME: zone-capacity, conventional,\n"
"                        max-open, max-active, max-append, write-granularity\n"
"  --quirk LIST          behave as VMMs in production do, by NAME or\n"
"                        NAME=VALUE, for tests of drivers; see README.md\n"
"  --log FILE            append the log to FILE (default: standard error)\n"
"  --version             print the version and exit\n"
"  --help                print this text and exit\n";

enum option_id {
	OPT_SOCKET = 1,
	OPT_BACKING,
	OPT_CONTROL,
	OPT_ID,
	OPT_DOORBELL,
	OPT_POLL,
	OPT_QUEUES,
	OPT_QUEUE_SIZE,
	OPT_READONLY,
	OPT_SERIAL,
	OPT_NO_MSIX,
	OPT_FEATURES_OFF,
	OPT_FAULT,
	OPT_SERVICE,
	OPT_PARALLEL,
	OPT_SEED,
	OPT_FAIL_EVERY,
	OPT_QUIRK,
	OPT_LIFETIME,
	OPT_ZONED,
	OPT_LOG,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "backing", required_argument, NULL, OPT_BACKING },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "id", required_argument, NULL, OPT_ID },
	{ "doorbell", required_argument, NULL, OPT_DOORBELL },
	{ "poll", no_argument, NULL, OPT_POLL },
	{ "queues", required_argument, NULL, OPT_QUEUES },
	{ "queue-size", required_argument, NULL, OPT_QUEUE_SIZE },
	{ "readonly", no_argument, NULL, OPT_READONLY },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "no-msix", no_argument, NULL, OPT_NO_MSIX },
	{ "features-off", required_argument, NULL, OPT_FEATURES_OFF },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "service", required_argument, NULL, OPT_SERVICE },
	{ "parallel", required_argument, NULL, OPT_PARALLEL },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "fail-every", required_argument, NULL, OPT_FAIL_EVERY },
	{ "quirk", required_argument, NULL, OPT_QUIRK },
	{ "lifetime", required_argument, NULL, OPT_LIFETIME },
	{ "zoned", required_argument, NULL, OPT_ZONED },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ }
};

/* A list of names ends with a NULL. */
struct name {
	const char *name;
	unsigned int bit;
};

static const struct name features[] = {
	{ "size_max", VIRTIO_BLK_F_SIZE_MAX },
	{ "seg_max", VIRTIO_BLK_F_SEG_MAX },
	{ "blk_size", VIRTIO_BLK_F_BLK_SIZE },
	{ "flush", VIRTIO_BLK_F_FLUSH },
	{ "topology", VIRTIO_BLK_F_TOPOLOGY },
	{ "config_wce", VIRTIO_BLK_F_CONFIG_WCE },
	{ "mq", VIRTIO_BLK_F_MQ },
	{ "discard", VIRTIO_BLK_F_DISCARD },
	{ "write_zeroes", VIRTIO_BLK_F_WRITE_ZEROES },
	{ "secure_erase", VIRTIO_BLK_F_SECURE_ERASE },
	{ "indirect_desc", VIRTIO_RING_F_INDIRECT_DESC },
	{ "event_idx", VIRTIO_RING_F_EVENT_IDX },
	{ "version_1", VIRTIO_F_VERSION_1 },
	{ "access_platform", VIRTIO_F_ACCESS_PLATFORM },
	{ "packed", VIRTIO_F_RING_PACKED },
	{ "in_order", VIRTIO_F_IN_ORDER },
	{ "order_platform", VIRTIO_F_ORDER_PLATFORM },
	{ "notification_data", VIRTIO_F_NOTIFICATION_DATA },
	{ "notif_config_data", VIRTIO_F_NOTIF_CONFIG_DATA },
	{ "ring_reset", VIRTIO_F_RING_RESET },
	{ }
};

static const struct name faults[] = {
	{ "features", FAULT_FEATURES },
	{ "wce", FAULT_WCE },
	{ "queue_size_zero", FAULT_QUEUE_SIZE_ZERO },
	{ "queue_size_odd", FAULT_QUEUE_SIZE_ODD },
	{ "config_vector", FAULT_CONFIG_VECTOR },
	{ "queue_vector", FAULT_QUEUE_VECTOR },
	{ "notify_offset", FAULT_NOTIFY_OFFSET },
	{ "generation", FAULT_GENERATION },
	{ "queue_reset", FAULT_QUEUE_RESET },
	{ }
};

static_assert(sizeof(faults) / sizeof(faults[0]) == NUM_FAULTS + 1,
	      "each fault has a name");

static int __attribute__((format(printf, 1, 2))) bad(const char *fmt, ...)
{
	va_list args;

	fputs("vfe-device: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

static int parse_choice(const char *option, const char *text,
			const char *no, const char *yes, bool *value)
{
	*value = !strcmp(text, yes);
	if (*value || !strcmp(text, no))
		return 0;
	return bad("%s %s: unknown value; use %s or %s", option, text, no, yes);
}

static int parse_number(const char *option, const char *text,
			unsigned int min, unsigned int max,
			unsigned int *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || n < min ||
	    n > max)
		return bad("%s %s: use a number from %u to %u", option, text,
			   min, max);
	*value = n;
	return 0;
}

static int parse_serial(struct options *o, const char *text)
{
	const char *at;

	if (strlen(text) > VFE_SERIAL_LEN)
		return bad("--serial %s: %zu characters; use at most %d", text,
			   strlen(text), VFE_SERIAL_LEN);
	for (at = text; *at; at++) {
		if (!isgraph((unsigned char)*at))
			return bad("--serial: use printable ASCII characters without spaces");
	}
	o->serial = text;
	return 0;
}

static int parse_service(struct options *o, const char *text)
{
	if (!service_parse(&o->service, text))
		return 0;
	return bad("--service %s: no model; use %s, times up to 60 s", text,
		   SERVICE_MODELS);
}

static int find_name(const char *option, const struct name *names,
		     const char *text, size_t len, uint64_t *bits)
{
	const struct name *n;

	for (n = names; n->name; n++) {
		if (strlen(n->name) == len && !strncmp(n->name, text, len)) {
			*bits |= BIT64(n->bit);
			return 0;
		}
	}
	fprintf(stderr, "vfe-device: %s %.*s: unknown name; use", option,
		(int)len, text);
	for (n = names; n->name; n++)
		fprintf(stderr, "%s %s", n == names ? "" : ",", n->name);
	fputc('\n', stderr);
	return -1;
}

/* Names with commas in between; their bits are added to @bits. */
static int parse_names(const char *option, const struct name *names,
		       const char *list, uint64_t *bits)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		if (find_name(option, names, list, len, bits))
			return -1;
		list += len;
		if (*list)
			list++;
	}
	return 0;
}

static int parse_quirks(struct options *o, const char *list)
{
	char error[1024];

	if (quirk_parse(&o->quirks, list, error, sizeof(error)))
		return bad("--quirk %s", error);
	return 0;
}

/* 5.2.6: what is beyond these is reserved. */
static int parse_lifetime(struct options *o, const char *text)
{
	char end;

	o->lifetime = true;
	if (sscanf(text, "%u,%u,%u%c", &o->pre_eol_info, &o->lifetime_a,
		   &o->lifetime_b, &end) == 3 && o->pre_eol_info <= 3 &&
	    o->lifetime_a <= 11 && o->lifetime_b <= 11)
		return 0;
	return bad("--lifetime %s: use three numbers, the first up to 3 and the others up to 11",
		   text);
}

static int parse_zoned(struct options *o, const char *list)
{
	char error[512];

	if (zoned_parse(&o->zoned, list, error, sizeof(error)))
		return bad("--zoned %s", error);
	return 0;
}

static int apply(struct options *o, int id, const char *arg)
{
	switch (id) {
	case OPT_SOCKET:
		o->socket = arg;
		return 0;
	case OPT_BACKING:
		o->backing = arg;
		return 0;
	case OPT_CONTROL:
		o->control = arg;
		return 0;
	case OPT_ID:
		return parse_choice("--id", arg, "vfe", "stock", &o->stock);
	case OPT_DOORBELL:
		return parse_choice("--doorbell", arg, "trap", "map",
				    &o->map_doorbell);
	case OPT_POLL:
		o->poll = true;
		return 0;
	case OPT_QUEUES:
		return parse_number("--queues", arg, 1, MAX_QUEUES, &o->queues);
	case OPT_QUEUE_SIZE:
		return parse_number("--queue-size", arg, 1, MAX_QUEUE_SIZE,
				    &o->queue_size);
	case OPT_READONLY:
		o->readonly = true;
		return 0;
	case OPT_SERIAL:
		return parse_serial(o, arg);
	case OPT_NO_MSIX:
		o->msix = false;
		return 0;
	case OPT_FEATURES_OFF:
		return parse_names("--features-off", features, arg,
				   &o->features_off);
	case OPT_FAULT:
		return parse_names("--fault", faults, arg, &o->faults);
	case OPT_SERVICE:
		return parse_service(o, arg);
	case OPT_PARALLEL:
		return parse_number("--parallel", arg, 1, SERVICE_MAX_PARALLEL,
				    &o->parallel);
	case OPT_SEED:
		return parse_number("--seed", arg, 0, UINT32_MAX, &o->seed);
	case OPT_FAIL_EVERY:
		return parse_number("--fail-every", arg, 1, UINT32_MAX,
				    &o->fail_every);
	case OPT_QUIRK:
		return parse_quirks(o, arg);
	case OPT_LIFETIME:
		return parse_lifetime(o, arg);
	case OPT_ZONED:
		return parse_zoned(o, arg);
	case OPT_LOG:
		o->log = arg;
		return 0;
	case OPT_VERSION:
		puts("vfe-device " VFE_VERSION);
		exit(EXIT_SUCCESS);
	case OPT_HELP:
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	default:
		return -1;
	}
}

static int check(const struct options *o)
{
	if (!o->socket || !*o->socket)
		return bad("--socket PATH is missing; QEMU connects there (--help lists all options)");
	if (!o->backing || !*o->backing)
		return bad("--backing FILE is missing; name a disk image or block device (--help lists all options)");
	if (o->control && !strcmp(o->control, o->socket))
		return bad("--control %s: the same path as --socket; choose another",
			   o->control);
	if (o->map_doorbell && o->quirks.on & BIT64(QUIRK_SHARED_NOTIFY))
		return bad("--quirk shared-notify: in a mapped page queues cannot be distinguished; use --doorbell trap");
	return 0;
}

static int reject(char **argv, int opt, int index)
{
	if (opt == ':')
		return bad("%s: the value is missing (--help lists all options)",
			   argv[index - 1]);
	return bad("%s: unknown option (--help lists all options)",
		   argv[index - 1]);
}

int options_parse(struct options *o, int argc, char **argv)
{
	int opt;

	*o = (struct options){
		.serial = "vfe", .msix = true, .queues = 4, .queue_size = 256,
	};
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return reject(argv, opt, optind);
		if (apply(o, opt, optarg))
			return -1;
	}
	if (optind < argc)
		return bad("%s: unexpected argument (--help lists all options)",
			   argv[optind]);
	return check(o);
}
