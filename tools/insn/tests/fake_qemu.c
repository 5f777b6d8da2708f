// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's side of the plugin interface, for tests: it translates and runs its
 * input. "run ADDRESS INSNS [DONE]" runs a block of this many instructions of
 * one byte each, of which only DONE complete; "ask LINE" sends a line to the
 * plugin's socket and prints the answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../plugin/qemu.h"

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
			char **argv);

struct qemu_plugin_insn {
	uint64_t addr;
	struct qemu_plugin_word word[2];
	enum qemu_plugin_op op[2];
	uint64_t value[2];
	size_t ops;
};

#define MOST_INSNS 64

struct qemu_plugin_tb {
	uint64_t addr;
	size_t insns;
	struct qemu_plugin_insn insn[MOST_INSNS];
	void (*cb)(unsigned int vcpu, void *data);
	void *data;
};

struct qemu_plugin_scoreboard {
	char *element;
};

static void (*trans_cb)(struct qemu_plugin_tb *tb, void *data);
static int peer = -1;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(struct qemu_plugin_tb *tb, void *data),
					   void *data)
{
	(void)id;
	(void)data;
	trans_cb = cb;
}

void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*cb)(unsigned int vcpu, void *data),
					  enum qemu_plugin_cb_flags flags, void *data)
{
	(void)flags;
	tb->cb = cb;
	tb->data = data;
}

void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn,
							 enum qemu_plugin_op op,
							 struct qemu_plugin_word word,
							 uint64_t value)
{
	insn->word[insn->ops] = word;
	insn->op[insn->ops] = op;
	insn->value[insn->ops++] = value;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return tb->insns;
}

uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb)
{
	return tb->addr;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t index)
{
	return (struct qemu_plugin_insn *)&tb->insn[index];
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->addr;
}

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element)
{
	struct qemu_plugin_scoreboard *score = malloc(sizeof(*score));

	score->element = calloc(1, element);
	return score;
}

void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *score,
				  unsigned int vcpu)
{
	(void)vcpu;
	return score->element;
}

int qemu_plugin_num_vcpus(void)
{
	return 1;
}

static void run(uint64_t addr, size_t insns, size_t done)
{
	struct qemu_plugin_tb tb = { .addr = addr, .insns = insns };
	size_t i, k;

	for (i = 0; i < insns; i++)
		tb.insn[i].addr = addr + i;
	trans_cb(&tb, NULL);
	tb.cb(0, tb.data);
	for (i = 0; i < done; i++) {
		for (k = 0; k < tb.insn[i].ops; k++) {
			struct qemu_plugin_word at = tb.insn[i].word[k];
			uint64_t *word = (void *)(at.score->element + at.offset);

			if (tb.insn[i].op[k] == QEMU_PLUGIN_INLINE_ADD_U64)
				*word += tb.insn[i].value[k];
			else
				*word = tb.insn[i].value[k];
		}
	}
}

static int ask(const char *path, const char *line)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char answer[64];
	ssize_t got;

	if (peer < 0) {
		peer = socket(AF_UNIX, SOCK_STREAM, 0);
		snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
		if (connect(peer, (struct sockaddr *)&name, sizeof(name)))
			return -1;
	}
	if (dprintf(peer, "%s", line) < 0)
		return -1;
	got = read(peer, answer, sizeof(answer) - 1);
	if (got <= 0)
		return -1;
	answer[got] = 0;
	fputs(answer, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long long addr;
	size_t insns, done;
	char line[512];
	int n;

	if (qemu_plugin_install(1, NULL, argc - 1, argv + 1))
		return 2;
	while (fgets(line, sizeof(line), stdin)) {
		n = sscanf(line, "run %llx %zu %zu", &addr, &insns, &done);
		if (n >= 2 && insns <= MOST_INSNS)
			run(addr, insns, n == 3 ? done : insns);
		else if (strncmp(line, "ask ", 4) || ask(argv[1] + 5, line + 4))
			return 1;
	}
	return 0;
}
