// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the message layer: headers, framing, the order of messages,
 * descriptors, and replies that have to wait.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

static const struct vu_device_info info_request = { .argsz = 16 };

static bool connected(const struct client *c)
{
	return vu_connected(c->server);
}

static unsigned int get_info(struct client *c)
{
	return client_command(c, VU_DEVICE_GET_INFO, &info_request,
			      sizeof(info_request));
}

/* VERSION with any text behind it, in @len bytes. Return: as client_command */
static unsigned int version(struct client *c, uint16_t major, uint16_t minor,
			    const char *json, size_t len)
{
	uint8_t payload[256] = { major, major >> 8, minor, minor >> 8 };

	memcpy(payload + 4, json, len);
	return client_command(c, VU_VERSION, payload, 4 + len);
}

static void test_version(void)
{
	struct vu_version agreed;
	struct client c;

	client_open(&c, NULL);
	CHECK_EQ(version(&c, 0, 9, "{}", 3), 0);
	memcpy(&agreed, c.payload, sizeof(agreed));
	CHECK_EQ(agreed.major, 0);
	CHECK_EQ(agreed.minor, VU_MINOR);
	CHECK_EQ(c.payload[c.len - 1], 0);
	CHECK(strstr((char *)c.payload + 4, "\"max_msg_fds\":16"));
	CHECK(strstr((char *)c.payload + 4, "\"max_data_xfer_size\":65536"));
	CHECK(!strstr((char *)c.payload + 4, "write_multiple"));
	CHECK_EQ(get_info(&c), 0);
	client_close(&c);

	client_open(&c, NULL);
	CHECK_EQ(version(&c, 0, 0, "", 0), 0);
	memcpy(&agreed, c.payload, sizeof(agreed));
	CHECK_EQ(agreed.minor, 0);
	client_close(&c);
}

static void test_version_refused(void)
{
	static const struct {
		uint16_t major;
		const char *json;
		size_t len;
	} bad[] = {
		{ 1, "", 0 },
		{ 0xffff, "{}", 3 },
		{ 0, "{}", 2 },		/* no terminating zero */
	};
	struct client c;

	for (unsigned int i = 0; i < 3; i++) {
		client_open(&c, NULL);
		CHECK_EQ(version(&c, bad[i].major, 1, bad[i].json,
				 bad[i].len), EINVAL);
		CHECK(!connected(&c));
		client_close(&c);
	}
	for (unsigned int len = 0; len < 4; len++) {
		client_open(&c, NULL);
		CHECK_EQ(client_command(&c, VU_VERSION, "\0\0\0", len),
			 EINVAL);
		CHECK(!connected(&c));
		client_close(&c);
	}
}

static void test_capabilities(void)
{
	static const struct {
		const char *json;
		bool on;
	} texts[] = {
		{ "{\"capabilities\":{\"write_multiple\":true}}", true },
		{ "{\"capabilities\":{\"write_multiple\" : \ttrue}}", true },
		{ "{\"capabilities\":{\"write_multiple\":false}}", false },
		{ "{\"capabilities\":{\"write_multiple\"", false },
		{ "{\"write_multiple", false },
		{ "", false },
		{ "{{{{\"\\", false },
	};
	struct client c;

	for (unsigned int i = 0; i < 7; i++) {
		client_open(&c, NULL);
		CHECK_EQ(version(&c, 0, 1, texts[i].json,
				 strlen(texts[i].json) + 1), 0);
		CHECK_EQ(!!strstr((char *)c.payload + 4,
				  "\"write_multiple\":true"), texts[i].on);
		client_close(&c);
	}
}

static void test_order(void)
{
	struct client c;

	client_open(&c, NULL);
	CHECK_EQ(get_info(&c), EINVAL);
	CHECK(!connected(&c));
	client_connect(&c);
	client_greet(&c);
	CHECK_EQ(version(&c, 0, 1, "", 0), EINVAL);
	CHECK(connected(&c));
	CHECK_EQ(get_info(&c), 0);
	client_close(&c);
}

/* A header after which nobody knows where the next message starts */
static void test_bad_headers(void)
{
	static const struct vu_header bad[] = {
		{ 1, VU_DEVICE_GET_INFO, 32, VU_TYPE_REPLY, 0 },
		{ 1, VU_DEVICE_GET_INFO, 32, 0xf, 0 },
		{ 1, VU_DEVICE_GET_INFO, 0, 0, 0 },
		{ 1, VU_DEVICE_GET_INFO, 1, 0, 0 },
		{ 1, VU_DEVICE_GET_INFO, 15, 0, 0 },
		{ 1, VU_DEVICE_GET_INFO, 17 + VU_MAX_PAYLOAD, 0, 0 },
		{ 1, VU_DEVICE_GET_INFO, 0x80000010, 0, 0 },
		{ 1, VU_DEVICE_GET_INFO, 0xffffffff, 0, 0 },
	};
	struct client c;

	client_open(&c, NULL);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		client_greet(&c);
		client_send(&c, &bad[i], sizeof(bad[i]), NULL, 0);
		vu_handle(c.server);
		CHECK(!connected(&c));
		CHECK(!client_receive(&c));
		close(c.fd);
		client_connect(&c);
	}
	client_close(&c);
}

/* The largest message there may be, to a region that takes no such thing */
static void test_largest(struct client *c)
{
	static uint8_t payload[VU_MAX_PAYLOAD];
	struct vu_region_access a = {
		.region = VFIO_PCI_CONFIG_REGION_INDEX, .count = VU_MAX_DATA,
	};

	memcpy(payload, &a, sizeof(a));
	client_post(c, VU_REGION_WRITE, 0, payload, sizeof(payload), NULL, 0);
	for (int i = 0; i < 10; i++)
		vu_handle(c->server);
	CHECK(client_receive(c));
	CHECK_EQ(c->reply.error, EINVAL);
	CHECK_EQ(get_info(c), 0);
}

/* Each cut of two messages in three parts */
static void test_cuts(struct client *c)
{
	struct {
		struct vu_header header;
		struct vu_device_info info;
	} m[2] = {
		{ { 1, VU_DEVICE_GET_INFO, 32, 0, 0 }, info_request },
		{ { 2, VU_DEVICE_GET_INFO, 32, 0, 0 }, info_request },
	};
	const uint8_t *bytes = (const uint8_t *)m;

	for (size_t a = 1; a < sizeof(m) - 1; a += 5) {
		for (size_t b = a + 1; b < sizeof(m); b += 3) {
			client_send(c, bytes, a, NULL, 0);
			vu_handle(c->server);
			client_send(c, bytes + a, b - a, NULL, 0);
			vu_handle(c->server);
			client_send(c, bytes + b, sizeof(m) - b, NULL, 0);
			vu_handle(c->server);
			CHECK(client_receive(c) && c->reply.id == 1);
			CHECK(client_receive(c) && c->reply.id == 2);
			CHECK(!client_receive(c));
		}
	}
}

/* It waits for the rest for ever, and does nothing else. */
static void test_stall_and_reconnect(void)
{
	struct vu_header header = { 1, VU_DEVICE_GET_INFO, 32, 0, 0 };
	int fds[2] = { memory_file(1), memory_file(1) };
	struct client c;
	short events;
	unsigned int before;

	client_start(&c, NULL);
	before = open_fds();
	for (size_t len = 1; len <= sizeof(header); len++) {
		client_send(&c, &header, len, fds, 2);
		for (int i = 0; i < 3; i++)
			vu_handle(c.server);
		CHECK(connected(&c));
		CHECK_EQ(vu_poll_fd(c.server, &events) >= 0, 1);
		CHECK_EQ(events, POLLIN);
		client_hang_up(&c);
		client_connect(&c);
		client_greet(&c);
		CHECK_EQ(open_fds(), before);
		CHECK_EQ(get_info(&c), 0);
	}
	client_close(&c);
	close(fds[0]);
	close(fds[1]);
}

static void send_with_fds(struct client *c, const int *fds, int first,
			  int second)
{
	struct vu_header header = { 7, VU_DEVICE_GET_INFO, 32, 0, 0 };

	client_send(c, &header, sizeof(header), fds, first);
	client_send(c, &info_request, sizeof(info_request), fds, second);
	vu_handle(c->server);
}

static void test_fds(struct client *c)
{
	int fds[40];
	unsigned int before;

	for (int i = 0; i < 40; i++)
		fds[i] = c->disk;
	before = open_fds();
	send_with_fds(c, fds, 16, 0);
	CHECK(client_receive(c) && !c->reply.error);
	send_with_fds(c, fds, 8, 8);
	CHECK(client_receive(c) && !c->reply.error);
	CHECK_EQ(open_fds(), before);
	CHECK(connected(c));
	for (int first = 1; first <= 40; first += 13) {
		send_with_fds(c, fds, first, 17 - (first < 17 ? first : 16));
		CHECK(!connected(c));
		/* the device's end of the socket went, too */
		CHECK_EQ(open_fds(), before - 1);
		close(c->fd);
		client_connect(c);
		client_greet(c);
	}
}

static void test_no_reply(struct client *c)
{
	client_post(c, VU_DEVICE_RESET, VU_FLAG_NO_REPLY, NULL, 0, NULL, 0);
	client_post(c, 99, VU_FLAG_NO_REPLY, NULL, 0, NULL, 0);
	client_post(c, VU_DEVICE_RESET, 0, NULL, 0, NULL, 0);
	vu_handle(c->server);
	CHECK(client_receive(c));
	CHECK_EQ(c->reply.id, c->ident);
	CHECK(!client_receive(c));
}

/* While a reply waits nothing is read; afterwards it goes on in order. */
static void test_backpressure(struct client *c)
{
	struct vu_region_access a = {
		.region = VFIO_PCI_CONFIG_REGION_INDEX,
		.count = PCI_CONFIG_SIZE,
	};
	unsigned int sent = 0, got = 0;
	short events = 0;
	uint16_t first;

	first = c->ident + 1;
	for (; sent < 200; sent++)
		client_post(c, VU_REGION_READ, 0, &a, sizeof(a), NULL, 0);
	vu_handle(c->server);
	vu_poll_fd(c->server, &events);
	CHECK_EQ(events, POLLOUT);
	while (got < sent && client_receive(c)) {
		CHECK_EQ(c->reply.id, (uint16_t)(first + got));
		got++;
		vu_handle(c->server);
	}
	CHECK_EQ(got, sent);
	vu_poll_fd(c->server, &events);
	CHECK_EQ(events, POLLIN);
}

/* A client that goes while a reply to it waits */
static void test_gone_with_reply(struct client *c)
{
	struct vu_region_access a = {
		.region = VFIO_PCI_CONFIG_REGION_INDEX,
		.count = PCI_CONFIG_SIZE,
	};
	short events;

	for (unsigned int i = 0; i < 200; i++)
		client_post(c, VU_REGION_READ, 0, &a, sizeof(a), NULL, 0);
	vu_handle(c->server);
	client_hang_up(c);
	CHECK_EQ(vu_poll_fd(c->server, &events), -1);
	client_connect(c);
	client_greet(c);
	CHECK_EQ(get_info(c), 0);
}

static void test_gone_before_reply(struct client *c)
{
	client_post(c, VU_DEVICE_RESET, 0, NULL, 0, NULL, 0);
	client_hang_up(c);
	client_connect(c);
	client_greet(c);
	CHECK_EQ(get_info(c), 0);
}

static void test_second_client(struct client *c)
{
	int pair[2];
	char byte;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	vu_accept(c->server, pair[1]);
	CHECK_EQ(read(pair[0], &byte, 1), 0);
	CHECK(strstr(logged.last, "one at a time"));
	close(pair[0]);
	CHECK_EQ(get_info(c), 0);
}

/* One turn is bounded, so that nothing else has to wait for long. */
static void test_turn(struct client *c)
{
	unsigned int got = 0;

	for (unsigned int i = 0; i < 1100; i++) {
		struct vu_header header = {
			i, VU_DEVICE_RESET, sizeof(header),
			i % 550 == 549 ? 0 : VU_FLAG_NO_REPLY, 0
		};

		client_send(c, &header, sizeof(header), NULL, 0);
		if (i % 100 == 99)
			vu_handle(c->server);
	}
	vu_handle(c->server);
	while (client_receive(c))
		got++;
	CHECK_EQ(got, 2);
}

const struct test message_tests[] = {
	{ "VERSION", .run = test_version },
	{ "VERSION that is refused", .run = test_version_refused },
	{ "capabilities in VERSION", .run = test_capabilities },
	{ "VERSION comes first and once", .run = test_order },
	{ "headers that make no sense", .run = test_bad_headers },
	{ "the largest message", .on_client = test_largest },
	{ "messages cut anywhere", .on_client = test_cuts },
	{ "half a message, and then nothing", .run = test_stall_and_reconnect },
	{ "descriptors with a message", .on_client = test_fds },
	{ "no reply where none is wanted", .on_client = test_no_reply },
	{ "replies that wait", .on_client = test_backpressure },
	{ "a client that goes while a reply waits",
	  .on_client = test_gone_with_reply },
	{ "a client that goes before its reply",
	  .on_client = test_gone_before_reply },
	{ "one client at a time", .on_client = test_second_client },
	{ "many messages at once", .on_client = test_turn },
	{ }
};
