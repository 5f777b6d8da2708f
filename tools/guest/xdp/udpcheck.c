// SPDX-License-Identifier: GPL-2.0
/*
 * udpcheck ADDRESS SIZE COUNT [PORT]: send datagrams to a port that sends them
 * back, and compare. At most 32 are on their way. Prints how many were answered
 * by the same bytes, and by others.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WINDOW		32
#define PATIENCE_MS	500
#define MOST		9000

static unsigned char out[MOST], in[65536];
static int good, bad;

/* Waits for an answer. Return: whether there was one */
static int receive(int s, int size)
{
	struct pollfd p = { .fd = s, .events = POLLIN };
	int len;

	if (poll(&p, 1, PATIENCE_MS) <= 0)
		return 0;
	len = recv(s, in, sizeof(in), MSG_DONTWAIT);
	if (len < 0)
		return 0;
	/* the first four bytes are the number of the datagram */
	if (len == size && !memcmp(in + 4, out + 4, size - 4))
		good++;
	else
		bad++;
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	int room = 4 << 20;
	int size, count, i, lost = 0;

	if (argc < 4)
		return 2;
	size = atoi(argv[2]);
	count = atoi(argv[3]);
	to.sin_port = htons(argc > 4 ? atoi(argv[4]) : 9);
	if (s < 0 || size < 4 || size > MOST ||
	    !inet_aton(argv[1], &to.sin_addr) ||
	    connect(s, (struct sockaddr *)&to, sizeof(to)))
		return 2;
	/* all answers on their way fit, whatever memory they take */
	setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	for (i = 0; i < size; i++)
		out[i] = i * 7 + size;
	for (i = 0; i < count; i++) {
		memcpy(out, &i, sizeof(i));
		if (send(s, out, size, 0) != size)
			return 1;
		while (i + 1 - good - bad - lost >= WINDOW)
			if (!receive(s, size))
				lost = i + 1 - good - bad;
	}
	while (good + bad < count && receive(s, size))
		;
	printf("same %d other %d\n", good, bad);
	return 0;
}
