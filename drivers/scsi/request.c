// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on their way to the device: builds the virtqueue chain of a command,
 * and adds it to the ring. Nothing here sleeps. One file, so that the compiler
 * makes one function of it. complete.c has the way back.
 */
#include <linux/dma-mapping.h>
#include <linux/rcupdate.h>
#include <linux/scatterlist.h>

#include "scsi.h"

/* --- header --- */

/* See &vfe_scsi_cmd.id */
static void vfe_scsi_next_id(struct vfe_scsi_cmd *cmd, u32 tag)
{
	cmd->id = (u64)(upper_32_bits(cmd->id) + 1) << 32 | tag;
}

/*
 * 5.6.6.1.2: task_attr, prio and crn are 0. @cdb: the CDB, and 0 after it.
 * Return: length of the header
 */
static __always_inline u32
vfe_scsi_header(struct vfe_scsi *vs, struct vfe_scsi_cmd *cmd,
		unsigned int target, unsigned int unit,
		const u8 cdb[VFE_SCSI_CDB_SIZE])
{
	struct vfe_scsi_wire *wire = vfe_scsi_wire(cmd);

	vfe_scsi_put_lun(wire->request.lun, target, unit);
	wire->request.id = cpu_to_le64(cmd->id);
	wire->request.task_attr = VIRTIO_SCSI_S_SIMPLE;
	wire->request.prio = 0;
	wire->request.crn = 0;
	wire->response.response = VFE_SCSI_S_NONE;
	wire->response.sense_len = 0;
	if (likely(!vs->pi)) {
		memcpy(wire->plain.cdb, cdb, VFE_SCSI_CDB_SIZE);
		return sizeof(wire->plain);
	}
	wire->request.pi_bytesout = 0;
	wire->request.pi_bytesin = 0;
	memcpy(wire->request.cdb, cdb, VFE_SCSI_CDB_SIZE);
	return sizeof(wire->request);
}

/* --- descriptors --- */

/**
 * struct vfe_scsi_fill - the chain that is being built
 * @d: the next descriptor
 * @ctrl: &vfe_desc.ctrl of it
 * @step: difference in ctrl from one descriptor to the next
 *
 * Functions get and return it by value, so that it stays in registers.
 */
struct vfe_scsi_fill {
	struct vfe_desc *d;
	u32 ctrl;
	u32 step;
};

static __always_inline void vfe_scsi_fill(struct vfe_scsi_fill *fill, u64 addr,
					  u32 len, u32 write)
{
	vfe_io_desc(fill->d++, addr, len, fill->ctrl + write);
	fill->ctrl += fill->step;
}

/* sg_next() without the call, and without its check for the end */
static __always_inline struct scatterlist *
vfe_scsi_next_piece(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

/* Adds @n pieces of a scatterlist, at least one. */
static __always_inline struct vfe_scsi_fill
vfe_scsi_fill_sg(struct vfe_scsi_fill fill, struct scatterlist *sg,
		 unsigned int n, u32 write, bool dma_api)
{
	for (;; sg = vfe_scsi_next_piece(sg)) {
		if (dma_api)
			vfe_scsi_fill(&fill, sg_dma_address(sg),
				      sg_dma_len(sg), write);
		else
			vfe_scsi_fill(&fill, sg_phys(sg), sg->length, write);
		if (!--n)
			return fill;
	}
}

/* The last descriptor has no next one; the device writes it. */
static __always_inline void
vfe_scsi_fill_end(const struct vfe_scsi *vs, struct vfe_scsi_fill fill,
		  struct vfe_io_request *req, unsigned int out)
{
	fill.d[-1].ctrl = cpu_to_le32(vs->format.write);
	req->num = fill.d - req->descs;
	req->out = out;
}

static __always_inline struct vfe_scsi_fill
vfe_scsi_fill_begin(const struct vfe_scsi *vs, struct vfe_scsi_cmd *cmd,
		    u32 header)
{
	struct vfe_scsi_fill fill = {
		.d = cmd->io.descs,
		.ctrl = vs->format.link + vs->format.step,
		.step = vs->format.step,
	};

	vfe_scsi_fill(&fill, cmd->io.wire_dma, header, 0);
	return fill;
}

/* @more: bytes of data that the device may write */
static __always_inline struct vfe_scsi_fill
vfe_scsi_fill_response(const struct vfe_scsi *vs, struct vfe_scsi_fill fill,
		       struct vfe_scsi_cmd *cmd, u32 more)
{
	cmd->io.in_len = sizeof(struct vfe_scsi_response) + more;
	vfe_scsi_fill(&fill, cmd->io.wire_dma +
		      offsetof(struct vfe_scsi_wire, response),
		      sizeof(struct vfe_scsi_response), vs->format.write);
	return fill;
}

/* --- data of the SCSI core --- */

static int vfe_scsi_dma_map(struct vfe_scsi *vs, struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	int n;

	cmd->io.held = true;
	n = dma_map_sg(vfe_dev(vs->vd), scsi_sglist(sc), scsi_sg_count(sc),
		       sc->sc_data_direction);
	if (!n)
		return -ENOMEM;
	cmd->mapped = true;
	if (!scsi_prot_sg_count(sc))
		return n;
	cmd->pi_mapped = dma_map_sg(vfe_dev(vs->vd), scsi_prot_sglist(sc),
				    scsi_prot_sg_count(sc),
				    sc->sc_data_direction);
	return cmd->pi_mapped ? n : -ENOMEM;
}

static void vfe_scsi_dma_unmap(struct vfe_scsi *vs, struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	if (cmd->mapped)
		dma_unmap_sg(vfe_dev(vs->vd), scsi_sglist(sc),
			     scsi_sg_count(sc), sc->sc_data_direction);
	if (cmd->pi_mapped)
		dma_unmap_sg(vfe_dev(vs->vd), scsi_prot_sglist(sc),
			     scsi_prot_sg_count(sc), sc->sc_data_direction);
	cmd->mapped = false;
	cmd->pi_mapped = 0;
}

/* For vfe_scsi_release(): a command that holds something */
void vfe_scsi_release_held(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
			   struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	vfe_scsi_dma_unmap(vs, sc);
	vfe_io_shrink(&sq->io, &cmd->io);
	cmd->io.held = false;
}

static struct vfe_scsi_fill vfe_scsi_fill_any_sg(const struct vfe_scsi *vs,
						 struct vfe_scsi_fill fill,
						 struct scatterlist *sg,
						 unsigned int n, u32 write)
{
	if (vs->io.memory.dma_api)
		return vfe_scsi_fill_sg(fill, sg, n, write, true);
	return vfe_scsi_fill_sg(fill, sg, n, write, false);
}

/* Tells the device how much protection information there is. */
static void vfe_scsi_set_pi_bytes(struct scsi_cmnd *sc, bool in)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_scsi_request_pi *header = &vfe_scsi_wire(cmd)->request;
	struct scatterlist *sg;
	unsigned int i;
	u32 bytes = 0;

	for_each_sg(scsi_prot_sglist(sc), sg, scsi_prot_sg_count(sc), i)
		bytes += sg->length;
	if (in) {
		header->pi_bytesin = cpu_to_le32(bytes);
		cmd->io.in_len += bytes;
	} else {
		header->pi_bytesout = cpu_to_le32(bytes);
	}
}

/* Adds protection information, if there is any, then data. */
static noinline struct vfe_scsi_fill
vfe_scsi_fill_any_data(const struct vfe_scsi *vs, struct vfe_scsi_fill fill,
		       struct scsi_cmnd *sc, unsigned int n, u32 write)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	if (scsi_prot_sg_count(sc)) {
		vfe_scsi_set_pi_bytes(sc, write);
		fill = vfe_scsi_fill_any_sg(vs, fill, scsi_prot_sglist(sc),
					    cmd->pi_mapped ?:
					    scsi_prot_sg_count(sc), write);
	}
	return vfe_scsi_fill_any_sg(vs, fill, scsi_sglist(sc), n, write);
}

/* @write: the format's @write if the device writes the data */
static __always_inline struct vfe_scsi_fill
vfe_scsi_fill_data(const struct vfe_scsi *vs, struct vfe_scsi_fill fill,
		   struct scsi_cmnd *sc, unsigned int n, u32 write)
{
	if (unlikely(vs->io.memory.dma_api || scsi_prot_sg_count(sc)))
		return vfe_scsi_fill_any_data(vs, fill, sc, n, write);
	return vfe_scsi_fill_sg(fill, scsi_sglist(sc), n, write, false);
}

/* 2.7.4.2: device-writable descriptors come after readable ones */
static __always_inline void vfe_scsi_build(const struct vfe_scsi *vs,
					   struct scsi_cmnd *sc, u32 header,
					   unsigned int n)
{
	bool read = n && sc->sc_data_direction == DMA_FROM_DEVICE;
	bool write = n && sc->sc_data_direction == DMA_TO_DEVICE;
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_scsi_fill fill;
	unsigned int out = 1;

	fill = vfe_scsi_fill_begin(vs, cmd, header);
	if (write) {
		fill = vfe_scsi_fill_data(vs, fill, sc, n, 0);
		out = fill.d - cmd->io.descs;
	}
	fill = vfe_scsi_fill_response(vs, fill, cmd,
				      read ? scsi_bufflen(sc) : 0);
	if (read)
		fill = vfe_scsi_fill_data(vs, fill, sc, n, vs->format.write);
	vfe_scsi_fill_end(vs, fill, &cmd->io, out);
}

/* Gets descriptors, and maps the data. Return: pieces of data or an error */
static __always_inline int vfe_scsi_get_data(struct vfe_scsi *vs,
					     struct vfe_scsi_queue *sq,
					     struct scsi_cmnd *sc)
{
	unsigned int n = scsi_sg_count(sc), all = n + scsi_prot_sg_count(sc);
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	if (unlikely(all > VFE_SCSI_OWN_SEGS) &&
	    (WARN_ON_ONCE(all > vs->limits.segs + vs->limits.pi_segs) ||
	     !vfe_io_grow(&sq->io, &cmd->io, all + VFE_SCSI_EXTRA_SEGS)))
		return -ENOMEM;
	if (unlikely(n && vs->io.memory.dma_api))
		return vfe_scsi_dma_map(vs, sc);
	return n;
}

/* Builds the chain of a command. Return: 0 or -ENOMEM, nothing held then */
static __always_inline int vfe_scsi_prepare(struct vfe_scsi *vs,
					    struct vfe_scsi_queue *sq,
					    struct scsi_cmnd *sc, u32 tag)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	u32 header;
	int n;

	vfe_scsi_next_id(cmd, tag + 1);
	/* the SCSI core clears all of cmnd before each command */
	BUILD_BUG_ON(sizeof(sc->cmnd) != VFE_SCSI_CDB_SIZE);
	header = vfe_scsi_header(vs, cmd, sc->device->id,
				 vfe_scsi_unit(sc->device->lun), sc->cmnd);
	n = vfe_scsi_get_data(vs, sq, sc);
	if (unlikely(n < 0)) {
		vfe_scsi_release(vs, sq, sc);
		return n;
	}
	vfe_scsi_build(vs, sc, header, n);
	return 0;
}

/**
 * vfe_scsi_prepare_query() - build the chain of a command of the driver itself
 * @vs: the host
 * @query: the command; the device fills its data
 * @target: where to send it
 * @unit: likewise
 * @cdb: the SCSI command
 * @cdb_len: its length
 */
void vfe_scsi_prepare_query(struct vfe_scsi *vs, struct vfe_scsi_query *query,
			    unsigned int target, unsigned int unit,
			    const u8 *cdb, unsigned int cdb_len)
{
	struct vfe_scsi_cmd *cmd = &query->cmd;
	u8 padded[VFE_SCSI_CDB_SIZE] = {};
	struct vfe_scsi_fill fill;
	u32 header;

	memcpy(padded, cdb, cdb_len);
	/* those of the SCSI core begin with 1 */
	vfe_scsi_next_id(cmd, 0);
	header = vfe_scsi_header(vs, cmd, target, unit, padded);
	fill = vfe_scsi_fill_begin(vs, cmd, header);
	fill = vfe_scsi_fill_response(vs, fill, cmd, query->size);
	vfe_scsi_fill(&fill, query->dma, query->size, vs->format.write);
	vfe_scsi_fill_end(vs, fill, &cmd->io, 1);
}

/* --- submission --- */

static vfe_qc_t vfe_scsi_refuse(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
				struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	bool good = vfe_scsi_is_test(sc) && !vfe_scsi_live(vs);

	vfe_scsi_release(vs, sq, sc);
	if (!good && cmd->io.error == -EAGAIN)
		return SCSI_MLQUEUE_HOST_BUSY;
	sc->result = good ? 0 : DID_NO_CONNECT << 16;
	scsi_done(sc);
	return 0;
}

/* @last: no more commands of the batch come. Under rcu_read_lock() */
static __always_inline vfe_qc_t vfe_scsi_send(struct Scsi_Host *shost,
					      struct scsi_cmnd *sc, bool last)
{
	struct vfe_scsi *vs = vfe_scsi_of(shost);
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	u32 tag = blk_mq_unique_tag(scsi_cmd_to_rq(sc));
	struct vfe_scsi_queue *sq = vfe_scsi_queue_at(vs, tag);
	struct vfe_token *token = &cmd->io.token;

	if (unlikely(vfe_scsi_prepare(vs, sq, sc, tag)))
		return SCSI_MLQUEUE_HOST_BUSY;
	token->next = NULL;
	WRITE_ONCE(cmd->in_flight, true);
	vfe_io_submit(&sq->io, &token, last);
	/* do not touch an added command: it may have ended by now */
	if (likely(!token))
		return 0;
	WRITE_ONCE(cmd->in_flight, false);
	return vfe_scsi_refuse(vs, sq, sc);
}

/*
 * The error handler sends its commands one by one, in some kernels without
 * SCMD_LAST (before 6.1.70, 6.6.9 and 6.7), and without rcu_read_lock().
 */
static noinline vfe_qc_t vfe_scsi_send_one(struct Scsi_Host *shost,
					   struct scsi_cmnd *sc)
{
	vfe_qc_t ret;

	rcu_read_lock();
	ret = vfe_scsi_send(shost, sc, true);
	rcu_read_unlock();
	return ret;
}

/*
 * Kicks the device only for the last command of a batch, or when a command
 * cannot be added, for the commands added before it. The block layer calls this
 * under rcu_read_lock(), which vfe_io_submit() needs.
 */
vfe_qc_t vfe_scsi_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *sc)
{
	if (unlikely(sc->submitter != SUBMITTED_BY_BLOCK_LAYER))
		return vfe_scsi_send_one(shost, sc);
	return vfe_scsi_send(shost, sc, sc->flags & SCMD_LAST);
}

/* The rest of a batch will not come: publish the added commands. */
void vfe_scsi_commit_rqs(struct Scsi_Host *shost, u16 hwq)
{
	vfe_io_commit(&vfe_scsi_of(shost)->queues[hwq].io);
}
