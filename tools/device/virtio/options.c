// SPDX-License-Identifier: GPL-2.0
/* The options that devices of all classes have. */
#include <argp.h>
#include <linux/virtio_ring.h>

#include "base/parse.h"
#include "virtio/virtio.h"

#define MAX_QUEUE_SIZE	1024

enum option_key {
	KEY_ID = 256,
	KEY_DOORBELL,
	KEY_POLL,
	KEY_QUEUES,
	KEY_QUEUE_SIZE,
	KEY_NO_MSIX,
	KEY_FEATURES_OFF,
	KEY_FAULT,
	KEY_SERVICE,
	KEY_PARALLEL,
	KEY_SEED,
	KEY_FAIL_EVERY,
	KEY_QUIRK,
};

static const struct argp_option list[] = {
	{ "id", KEY_ID, "vfe|stock", 0,
	  "PCI id: 1af4:10f0 plus the virtio type (default), to which this project's drivers bind, or 1af4:1040 plus the type, for any virtio driver",
	  0 },
	{ "doorbell", KEY_DOORBELL, "trap|map", 0,
	  "The notify page traps (default), or is shared memory that the device polls", 0 },
	{ "poll", KEY_POLL, NULL, 0,
	  "Poll the rings, and suppress notifications", 0 },
	{ "queues", KEY_QUEUES, "N", 0,
	  "Queues, 1 to 64 (default 4; entropy device: 1; network device: see --pairs; SCSI host: request queues, up to 16)",
	  0 },
	{ "queue-size", KEY_QUEUE_SIZE, "N", 0,
	  "Entries of each queue, 1 to 1024 (default 256); a split ring gets the next lower power of two",
	  0 },
	{ "no-msix", KEY_NO_MSIX, NULL, 0, "No MSI-X capability: INTx only", 0 },
	{ "features-off", KEY_FEATURES_OFF, "LIST", 0,
	  "Virtio features not to offer, separated by commas (default: offer all): packed, in_order, event_idx, indirect_desc, notification_data, notif_config_data, ring_reset, order_platform, access_platform, version_1 and those of the class",
	  0 },
	{ "fault", KEY_FAULT, "LIST", 0,
	  "Break rules, for tests of drivers: features, queue_size_zero, queue_size_odd, config_vector, queue_vector, notify_offset, generation, queue_reset and those of the class",
	  0 },
	{ "service", KEY_SERVICE, "MODEL", 0,
	  "Give each request a service time, all concurrently (default: none): "
	  SERVICE_MODELS, 0 },
	{ "parallel", KEY_PARALLEL, "N", 0,
	  "Serve at most N requests concurrently, 1 to 1024", 0 },
	{ "seed", KEY_SEED, "N", 0, "Seed of the service times (default 0)", 0 },
	{ "fail-every", KEY_FAIL_EVERY, "N", 0,
	  "Fail each Nth request with an I/O error", 0 },
	{ "quirk", KEY_QUIRK, "LIST", 0,
	  "Deviate from the specification as VMMs in production do, by NAME or NAME=VALUE, for tests of drivers; README.md lists them",
	  0 },
	{ }
};

static const struct bit_name features[] = {
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

static const struct bit_name faults[] = {
	{ "features", FAULT_FEATURES },
	{ "queue_size_zero", FAULT_QUEUE_SIZE_ZERO },
	{ "queue_size_odd", FAULT_QUEUE_SIZE_ODD },
	{ "config_vector", FAULT_CONFIG_VECTOR },
	{ "queue_vector", FAULT_QUEUE_VECTOR },
	{ "notify_offset", FAULT_NOTIFY_OFFSET },
	{ "generation", FAULT_GENERATION },
	{ "queue_reset", FAULT_QUEUE_RESET },
	{ }
};

static_assert(sizeof(faults) / sizeof(faults[0]) == FAULT_OF_CLASS + 1,
	      "each fault has a name");

static int parse_service(struct options *o, const char *text)
{
	if (!service_parse(&o->service, text))
		return 0;
	return parse_bad("--service %s: no model; use %s, times up to 60 s",
			 text, SERVICE_MODELS);
}

static int parse_quirks(struct options *o, const char *text)
{
	char error[1024];

	if (quirk_parse(o->class, &o->quirks, text, error, sizeof(error)))
		return parse_bad("--quirk %s", error);
	return 0;
}

unsigned int options_queues(const struct options *o)
{
	return o->class->most_queues ? o->class->most_queues(o) : o->queues;
}

static int parse_queues(struct options *o, const char *text)
{
	if (!o->class->max_queues)
		return parse_bad("--queues: no option of class %s; --help lists what sets their number",
				 o->class->name);
	return parse_number("--queues", text, 1, o->class->max_queues,
			    &o->queues);
}

int options_check(const struct options *o)
{
	if (o->map_doorbell && o->quirks.on & BIT64(QUIRK_SHARED_NOTIFY))
		return parse_bad("--quirk shared-notify: in a mapped page queues cannot be distinguished; use --doorbell trap");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_ID:
		return parse_result(parse_choice("--id", arg, "vfe", "stock",
						 &o->stock));
	case KEY_DOORBELL:
		return parse_result(parse_choice("--doorbell", arg, "trap",
						 "map", &o->map_doorbell));
	case KEY_POLL:
		o->poll = true;
		return 0;
	case KEY_QUEUES:
		return parse_result(parse_queues(o, arg));
	case KEY_QUEUE_SIZE:
		return parse_result(parse_number("--queue-size", arg, 1,
						 MAX_QUEUE_SIZE,
						 &o->queue_size));
	case KEY_NO_MSIX:
		o->msix = false;
		return 0;
	case KEY_FEATURES_OFF:
		return parse_result(parse_bits("--features-off",
					       o->class->feature_names,
					       features, arg,
					       &o->features_off));
	case KEY_FAULT:
		return parse_result(parse_bits("--fault", faults,
					       o->class->fault_names, arg,
					       &o->faults));
	case KEY_SERVICE:
		return parse_result(parse_service(o, arg));
	case KEY_PARALLEL:
		return parse_result(parse_number("--parallel", arg, 1,
						 SERVICE_MAX_PARALLEL,
						 &o->parallel));
	case KEY_SEED:
		return parse_result(parse_number("--seed", arg, 0, UINT32_MAX,
						 &o->seed));
	case KEY_FAIL_EVERY:
		return parse_result(parse_number("--fail-every", arg, 1,
						 UINT32_MAX, &o->fail_every));
	case KEY_QUIRK:
		return parse_result(parse_quirks(o, arg));
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp vdev_argp = { .options = list, .parser = parse };
