// SPDX-License-Identifier: GPL-2.0
/* The options of a network device. */
#include <argp.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

enum option_key {
	KEY_BACKEND = 256,
	KEY_PAIRS,
	KEY_MAC,
	KEY_MTU,
	KEY_SPEED,
	KEY_DUPLEX,
	KEY_DELAY,
	KEY_LOSS,
	KEY_REORDER,
};

static const struct argp_option list[] = {
	{ "backend", KEY_BACKEND, "B", 0,
	  "What the link leads to: echo (default) answers ARP, neighbour solicitations and pings, and sends other unicast IP back; sink drops all; source[:SIZE[,start]] sends UDP packets to the address that it got one from; tap:IFNAME is an interface of the host; pair:PATH joins two devices; stream:PATH is the socket of QEMU's -netdev stream or of passt",
	  0 },
	{ "pairs", KEY_PAIRS, "N", 0,
	  "Pairs of a receive and a transmit queue, 1 to 16 (default 1)", 0 },
	{ "mac", KEY_MAC, "MAC", 0, "Address (default: random)", 0 },
	{ "mtu", KEY_MTU, "N", 0, "Announce this MTU, 68 to 65535", 0 },
	{ "speed", KEY_SPEED, "MBITS", 0, "Announce this speed", 0 },
	{ "duplex", KEY_DUPLEX, "half|full", 0, "Announce this duplex mode",
	  0 },
	{ "delay", KEY_DELAY, "MODEL", 0,
	  "Delay frames to the driver, which stay in order: "
	  SERVICE_MODELS, 0 },
	{ "loss", KEY_LOSS, "PERCENT", 0, "Lose frames to the driver", 0 },
	{ "reorder", KEY_REORDER, "PERCENT", 0,
	  "Give frames to the driver a millisecond late", 0 },
	{ NULL, 0, NULL, OPTION_DOC,
	  "--features-off: csum, guest_csum, mtu, mac, guest_tso4, guest_tso6, guest_ecn, host_tso4, host_tso6, host_ecn, mrg_rxbuf, status, ctrl_vq, ctrl_rx, ctrl_vlan, ctrl_rx_extra, guest_announce, mq, ctrl_mac_addr, ctrl_guest_offloads, device_stats, vq_notf_coal, notf_coal, guest_uso4, guest_uso6, host_uso, hash_report, guest_hdrlen, rss, speed_duplex, guest_udp_tunnel_gso, guest_udp_tunnel_gso_csum, host_udp_tunnel_gso, host_udp_tunnel_gso_csum",
	  0 },
	{ }
};

struct net_options net_default_options = {
	.backend = "echo",
	.pairs = 1,
	.speed = UINT32_MAX,
	.duplex = UINT8_MAX,
};

static int parse_mac(struct net_options *o, const char *text)
{
	char end;

	o->has_mac = true;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &o->mac[0],
		   &o->mac[1], &o->mac[2], &o->mac[3], &o->mac[4], &o->mac[5],
		   &end) == 6 && !(o->mac[0] & 1))
		return 0;
	return parse_bad("--mac %s: use a unicast address like 52:54:00:12:34:56",
			 text);
}

static int parse_delay(struct net_options *o, const char *text)
{
	if (!service_parse(&o->delay, text))
		return 0;
	return parse_bad("--delay %s: no model; use %s, times up to 60 s", text,
			 SERVICE_MODELS);
}

static int parse_percent(const char *option, const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (isdigit((unsigned char)*text) && !*end && *value <= 100)
		return 0;
	return parse_bad("%s %s: use a number from 0 to 100", option, text);
}

static int parse_duplex(struct net_options *o, const char *text)
{
	bool full;

	if (parse_choice("--duplex", text, "half", "full", &full))
		return -1;
	o->duplex = full;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct net_options *o = state->input;

	switch (key) {
	case KEY_BACKEND:
		o->backend = arg;
		return 0;
	case KEY_PAIRS:
		return parse_result(parse_number("--pairs", arg, 1,
						 VFE_NET_MAX_PAIRS,
						 &o->pairs));
	case KEY_MAC:
		return parse_result(parse_mac(o, arg));
	case KEY_MTU:
		return parse_result(parse_number("--mtu", arg,
						 VFE_NET_MIN_MTU, UINT16_MAX,
						 &o->mtu));
	case KEY_SPEED:
		o->has_speed = true;
		return parse_result(parse_number("--speed", arg, 0, INT32_MAX,
						 &o->speed));
	case KEY_DUPLEX:
		o->has_speed = true;
		return parse_result(parse_duplex(o, arg));
	case KEY_DELAY:
		return parse_result(parse_delay(o, arg));
	case KEY_LOSS:
		return parse_result(parse_percent("--loss", arg, &o->loss));
	case KEY_REORDER:
		return parse_result(parse_percent("--reorder", arg,
						  &o->reorder));
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp net_argp = { .options = list, .parser = parse };
