// SPDX-License-Identifier: GPL-2.0
/*
 * A TCG plugin that counts the instructions a guest executes, by the address of
 * the translation block that they are in, and attributes the helpers
 * (allocations, DMA, locks) to the driver that called them.
 *
 * Each instruction adds one to its vCPU's sum, as it is executed. When the next
 * block begins, the sum belongs to the previous block. So if an exception or a
 * register access ends a block early, only its executed instructions count, and
 * none twice when it continues. QEMU runs an instruction with a rep prefix as
 * blocks that repeat; it counts once.
 *
 * A helper works for the driver if the driver ran last before it, ignoring
 * other helpers and trampolines.
 *
 * On the socket given as sock=PATH it takes lines: "classify FILE" reads the
 * owners of addresses (see blocks.h), "dump FILE" writes the counts. The answer
 * is a line, "ok NUMBER" or "error". The guest should be stopped.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "blocks.h"
#include "qemu.h"

#define LINE 512

struct count {
	uint64_t own;		/* in its own right, or for other callers */
	uint64_t for_driver;	/* as a helper of the driver */
};

/* One per vCPU, in QEMU; its generated code writes the first two words. */
struct vcpu {
	uint64_t executed;
	uint64_t last;		/* address of the last block's last instruction */
	uint64_t assigned;	/* the part of it that is in counts */
	uint64_t *sink;		/* the counter for the rest */
	struct count *counts;	/* by the block's slot */
	uint64_t by_driver;	/* not 0: a helper works for the driver */
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct qemu_plugin_scoreboard *vcpus;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int listener = -1;

static void assign(struct vcpu *vcpu)
{
	if (vcpu->sink)
		*vcpu->sink += vcpu->executed - vcpu->assigned;
	vcpu->assigned = vcpu->executed;
}

static void begins(unsigned int index, void *data)
{
	struct vcpu *vcpu = qemu_plugin_scoreboard_find(vcpus, index);
	const struct block *block = data;
	struct count *count;

	if (!vcpu->counts) {
		vcpu->counts = calloc(BLOCKS, sizeof(*vcpu->counts));
		if (!vcpu->counts)
			abort();
	}
	assign(vcpu);
	/* the next iteration of the same instruction, which was counted */
	if (vcpu->last && vcpu->last == block->addr)
		vcpu->assigned++;
	vcpu->last = 0;
	count = &vcpu->counts[block - blocks];
	switch (block->kind) {
	case KIND_DRIVER:
		vcpu->by_driver = 1;
		vcpu->sink = &count->own;
		break;
	case KIND_HELPER:
	case KIND_PASS:
		vcpu->sink = vcpu->by_driver ? &count->for_driver : &count->own;
		break;
	default:
		vcpu->by_driver = 0;
		vcpu->sink = &count->own;
		break;
	}
}

/* With each instruction, do @op with a vCPU's @word and @value. */
static void count_insn(struct qemu_plugin_insn *insn, enum qemu_plugin_op op,
		       struct qemu_plugin_word word, uint64_t value)
{
	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, op, word,
							    value);
}

static void translated(struct qemu_plugin_tb *tb, void *unused)
{
	const struct qemu_plugin_word executed = {
		vcpus, offsetof(struct vcpu, executed)
	}, last = {
		vcpus, offsetof(struct vcpu, last)
	};
	size_t i, insns = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn = NULL;
	unsigned int place;

	(void)unused;
	pthread_mutex_lock(&lock);
	place = blocks_place(qemu_plugin_tb_vaddr(tb));
	pthread_mutex_unlock(&lock);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, begins, QEMU_PLUGIN_CB_NO_REGS,
					     &blocks[place]);
	for (i = 0; i < insns; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		count_insn(insn, QEMU_PLUGIN_INLINE_ADD_U64, executed, 1);
	}
	if (insn)
		count_insn(insn, QEMU_PLUGIN_INLINE_STORE_U64, last,
			   qemu_plugin_insn_vaddr(insn));
}

static struct count sum(unsigned int place)
{
	struct count total = { 0, 0 };
	int i;

	for (i = 0; i < qemu_plugin_num_vcpus(); i++) {
		struct vcpu *vcpu = qemu_plugin_scoreboard_find(vcpus,
								(unsigned int)i);

		if (!vcpu->counts)
			continue;
		total.own += vcpu->counts[place].own;
		total.for_driver += vcpu->counts[place].for_driver;
	}
	return total;
}

/*
 * One line "ADDRESS OWN FOR_DRIVER" per block; "lost" and "user" instead of
 * some addresses.
 */
static int dump(const char *path)
{
	FILE *file = fopen(path, "w");
	unsigned int i;
	int bad;

	if (!file)
		return -1;
	for (i = 0; i < BLOCKS; i++) {
		struct count count = sum(i);

		if (i >= BLOCK_FIRST && !count.own && !count.for_driver)
			continue;
		if (i == BLOCK_LOST || i == BLOCK_USER)
			fputs(i == BLOCK_LOST ? "lost" : "user", file);
		else
			fprintf(file, "%llx", (unsigned long long)blocks[i].addr);
		fprintf(file, " %llu %llu\n", (unsigned long long)count.own,
			(unsigned long long)count.for_driver);
	}
	bad = ferror(file);
	return fclose(file) || bad ? -1 : (int)blocks_used();
}

static int obey(const char *line)
{
	int answer = -1;

	pthread_mutex_lock(&lock);
	if (!strncmp(line, "classify ", 9))
		answer = blocks_classify(line + 9);
	else if (!strncmp(line, "dump ", 5))
		answer = dump(line + 5);
	pthread_mutex_unlock(&lock);
	return answer;
}

static int answer(int peer, const char *line)
{
	int number = obey(line);

	return number < 0 ? dprintf(peer, "error\n") :
			    dprintf(peer, "ok %d\n", number);
}

/*
 * Not with stdio: a thread that waits in it holds a lock that exit() needs.
 */
static void serve(int peer)
{
	char line[LINE];
	size_t have = 0;
	ssize_t got;
	char *end;

	while (have < sizeof(line)) {
		got = read(peer, line + have, sizeof(line) - have);
		if (got <= 0)
			break;
		have += (size_t)got;
		end = memchr(line, '\n', have);
		if (!end)
			continue;
		/* the client waits for the answer: nothing follows the line */
		*end = 0;
		have = 0;
		if (answer(peer, line) < 0)
			break;
	}
	close(peer);
}

static void *serve_all(void *unused)
{
	int peer;

	(void)unused;
	for (;;) {
		peer = accept(listener, NULL, NULL);
		if (peer < 0)
			return NULL;
		serve(peer);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(name.sun_path))
		return -1;
	memcpy(name.sun_path, path, strlen(path));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -1;
	if (bind(listener, (struct sockaddr *)&name, sizeof(name)))
		return -1;
	return listen(listener, 1);
}

QEMU_PLUGIN_EXPORT
int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
			char **argv)
{
	pthread_t thread;

	(void)info;
	if (argc != 1 || strncmp(argv[0], "sock=", 5) || listen_at(argv[0] + 5)) {
		fprintf(stderr, "insn: needs sock=PATH, a place for a socket\n");
		return -1;
	}
	vcpus = qemu_plugin_scoreboard_new(sizeof(struct vcpu));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated, NULL);
	return pthread_create(&thread, NULL, serve_all, NULL);
}
