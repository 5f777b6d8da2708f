// SPDX-License-Identifier: GPL-2.0
/* The list of back ends, and which of them --backend names. */
#include <string.h>

#include "net/backends.h"
#include "base/parse.h"

const struct net_backend_ops *const net_backends[] = {
	&net_echo,
	&net_sink,
	&net_source,
	&net_tap,
	&net_pair,
	&net_stream,
	NULL
};

static const struct net_backend_ops *find(const char *text)
{
	size_t len = strcspn(text, ":");

	for (int i = 0; net_backends[i]; i++) {
		const struct net_backend_ops *ops = net_backends[i];

		if (strlen(ops->name) == len && !strncmp(ops->name, text, len))
			return ops;
	}
	return NULL;
}

struct net_backend *net_backend_open(const struct options *o, const char *text)
{
	const struct net_backend_ops *ops = find(text);
	const char *argument = strchr(text, ':');

	if (!ops) {
		parse_bad("--backend %s: unknown back end (--help lists them)",
			  text);
		return NULL;
	}
	if (argument && !*++argument)
		argument = NULL;
	if (ops->argument && !ops->optional && !argument) {
		parse_bad("--backend %s: use %s:%s", text, ops->name,
			  ops->argument);
		return NULL;
	}
	if (!ops->argument && strchr(text, ':')) {
		parse_bad("--backend %s: %s takes no argument", text,
			  ops->name);
		return NULL;
	}
	return ops->open(o, argument);
}
