// SPDX-License-Identifier: GPL-2.0
/*
 * Builds the virtqueue chain of a command, and completes the command when the
 * device has used the chain. Nothing here sleeps. submit.c adds chains to the
 * ring and reaps used ones.
 *
 * The device may write a response at any time, so each field is read once.
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

/* 5.6.6.1.2: task_attr, prio and crn are 0. Return: length of the header */
static u32 vfe_scsi_header(struct vfe_scsi *vs, struct vfe_scsi_cmd *cmd,
			   unsigned int target, unsigned int unit,
			   const u8 *cdb, unsigned int cdb_len)
{
	struct vfe_scsi_wire *wire = vfe_scsi_wire(cmd);
	u8 *to = vs->pi ? wire->request.cdb : wire->plain.cdb;

	vfe_scsi_put_lun(wire->request.lun, target, unit);
	wire->request.id = cpu_to_le64(cmd->id);
	wire->request.task_attr = VIRTIO_SCSI_S_SIMPLE;
	wire->request.prio = 0;
	wire->request.crn = 0;
	memcpy(to, cdb, cdb_len);
	memset(to + cdb_len, 0, VFE_SCSI_CDB_SIZE - cdb_len);
	wire->response.response = VFE_SCSI_S_NONE;
	wire->response.sense_len = 0;
	return vs->pi ? sizeof(wire->request) : sizeof(wire->plain);
}

/* --- descriptors --- */

/**
 * struct vfe_scsi_fill - the chain that is being built
 * @req: its descriptors
 * @n: number of descriptors written
 * @ctrl: &vfe_desc.ctrl of the next one
 * @step: difference in ctrl from one descriptor to the next
 */
struct vfe_scsi_fill {
	struct vfe_io_request *req;
	unsigned int n;
	u32 ctrl;
	u32 step;
};

static __always_inline void vfe_scsi_fill(struct vfe_scsi_fill *fill, u64 addr,
					  u32 len, u32 write)
{
	vfe_io_desc(&fill->req->descs[fill->n++], addr, len,
		    fill->ctrl + write);
	fill->ctrl += fill->step;
}

/* Adds @n pieces of a scatterlist. Return: bytes */
static __always_inline u32 vfe_scsi_fill_sg(const struct vfe_scsi *vs,
					    struct vfe_scsi_fill *fill,
					    struct scatterlist *sgl,
					    unsigned int n, u32 write)
{
	bool dma_api = vs->io.memory.dma_api;
	struct scatterlist *sg;
	unsigned int i;
	u32 bytes = 0;

	for_each_sg(sgl, sg, n, i) {
		u64 addr = unlikely(dma_api) ? sg_dma_address(sg) :
			   sg_phys(sg);
		u32 len = unlikely(dma_api) ? sg_dma_len(sg) : sg->length;

		vfe_scsi_fill(fill, addr, len, write);
		bytes += len;
	}
	return bytes;
}

/* The last descriptor has no next one. */
static void vfe_scsi_fill_end(const struct vfe_scsi *vs,
			      struct vfe_scsi_fill *fill, unsigned int out,
			      u32 in_len)
{
	struct vfe_io_request *req = fill->req;

	req->descs[fill->n - 1].ctrl = cpu_to_le32(out < fill->n ?
						   vs->format.write : 0);
	req->num = fill->n;
	req->out = out;
	req->in_len = in_len;
}

static void vfe_scsi_fill_begin(const struct vfe_scsi *vs,
				struct vfe_scsi_fill *fill,
				struct vfe_scsi_cmd *cmd, u32 header)
{
	fill->req = &cmd->io;
	fill->n = 0;
	fill->step = vs->format.step;
	fill->ctrl = vs->format.link + fill->step;
	vfe_scsi_fill(fill, cmd->io.wire_dma, header, 0);
}

static void vfe_scsi_fill_response(const struct vfe_scsi *vs,
				   struct vfe_scsi_fill *fill,
				   struct vfe_scsi_cmd *cmd)
{
	vfe_scsi_fill(fill, cmd->io.wire_dma +
		      offsetof(struct vfe_scsi_wire, response),
		      sizeof(struct vfe_scsi_response), vs->format.write);
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

/**
 * vfe_scsi_release() - release allocations and mappings of a command
 * @vs: the host
 * @sq: its queue
 * @sc: the command, which the device no longer has
 *
 * Context: any.
 */
void vfe_scsi_release(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
		      struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	if (likely(!cmd->io.held))
		return;
	vfe_scsi_dma_unmap(vs, sc);
	vfe_io_shrink(&sq->io, &cmd->io);
	cmd->io.held = false;
}

/*
 * Adds protection information, then data. @write: the format's @write if the
 * device writes both. Return: bytes
 */
static __always_inline u32 vfe_scsi_fill_data(struct vfe_scsi *vs,
					      struct vfe_scsi_fill *fill,
					      struct scsi_cmnd *sc,
					      unsigned int n, u32 write)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_scsi_request_pi *header;
	u32 pi;

	if (likely(!scsi_prot_sg_count(sc)))
		return vfe_scsi_fill_sg(vs, fill, scsi_sglist(sc), n, write);
	header = &vfe_scsi_wire(cmd)->request;
	pi = vfe_scsi_fill_sg(vs, fill, scsi_prot_sglist(sc),
			      cmd->pi_mapped ?: scsi_prot_sg_count(sc), write);
	if (write)
		header->pi_bytesin = cpu_to_le32(pi);
	else
		header->pi_bytesout = cpu_to_le32(pi);
	return pi + vfe_scsi_fill_sg(vs, fill, scsi_sglist(sc), n, write);
}

/* 2.7.4.2: device-writable descriptors come after readable ones */
static void vfe_scsi_build(struct vfe_scsi *vs, struct scsi_cmnd *sc,
			   u32 header, unsigned int n)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	u32 in_len = sizeof(struct vfe_scsi_response);
	struct vfe_scsi_fill fill;
	unsigned int out;

	vfe_scsi_fill_begin(vs, &fill, cmd, header);
	if (n && sc->sc_data_direction == DMA_TO_DEVICE)
		vfe_scsi_fill_data(vs, &fill, sc, n, 0);
	out = fill.n;
	vfe_scsi_fill_response(vs, &fill, cmd);
	if (n && sc->sc_data_direction == DMA_FROM_DEVICE)
		in_len += vfe_scsi_fill_data(vs, &fill, sc, n,
					     vs->format.write);
	vfe_scsi_fill_end(vs, &fill, out, in_len);
}

/* Gets descriptors, and maps the data. Return: pieces of data or an error */
static int vfe_scsi_get_data(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
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

/**
 * vfe_scsi_prepare() - build the chain of a command
 * @vs: the host
 * @sq: its queue
 * @sc: the command
 *
 * Context: any.
 * Return: 0, or SCSI_MLQUEUE_HOST_BUSY without memory; vfe_scsi_release() is
 * not necessary then.
 */
vfe_qc_t vfe_scsi_prepare(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
			  struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	u32 header;
	int n;

	vfe_scsi_next_id(cmd, blk_mq_unique_tag(scsi_cmd_to_rq(sc)) + 1);
	header = vfe_scsi_header(vs, cmd, sc->device->id,
				 vfe_scsi_unit(sc->device->lun), sc->cmnd,
				 min_t(u32, sc->cmd_len, VFE_SCSI_CDB_SIZE));
	if (vs->pi) {
		vfe_scsi_wire(cmd)->request.pi_bytesout = 0;
		vfe_scsi_wire(cmd)->request.pi_bytesin = 0;
	}
	n = vfe_scsi_get_data(vs, sq, sc);
	if (unlikely(n < 0)) {
		vfe_scsi_release(vs, sq, sc);
		return SCSI_MLQUEUE_HOST_BUSY;
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
	struct vfe_scsi_fill fill;
	u32 header;

	/* those of the SCSI core begin with 1 */
	vfe_scsi_next_id(cmd, 0);
	header = vfe_scsi_header(vs, cmd, target, unit, cdb, cdb_len);
	if (vs->pi) {
		vfe_scsi_wire(cmd)->request.pi_bytesout = 0;
		vfe_scsi_wire(cmd)->request.pi_bytesin = 0;
	}
	vfe_scsi_fill_begin(vs, &fill, cmd, header);
	vfe_scsi_fill_response(vs, &fill, cmd);
	vfe_scsi_fill(&fill, query->dma, query->size, vs->format.write);
	vfe_scsi_fill_end(vs, &fill, 1, sizeof(struct vfe_scsi_response) +
			  query->size);
}

/* --- completion --- */

/**
 * vfe_scsi_odd() - count a value that cannot be right, log the first
 * @vs: the host
 * @bit: the kind, VFE_SCSI_ODD_*
 * @what: its name
 * @value: the value
 */
void vfe_scsi_odd(struct vfe_scsi *vs, unsigned int bit, const char *what,
		  u32 value)
{
	vfe_scsi_count(vs, odd_answers);
	if (!test_and_set_bit(bit, &vs->odd))
		dev_warn(vfe_dev(vs->vd),
			 "%s: %s is %u, which cannot be right: later ones are only counted, in vfe/odd_answers\n",
			 vs->io.recovery.name, what, value);
}

/* The SCSI core's code for a response, except TARGET_FAILURE */
static int vfe_scsi_host_byte(struct vfe_scsi *vs, u8 response)
{
	static const u8 codes[] = {
		[VIRTIO_SCSI_S_OK] = DID_OK,
		[VIRTIO_SCSI_S_OVERRUN] = DID_ERROR,
		[VIRTIO_SCSI_S_ABORTED] = DID_ABORT,
		[VIRTIO_SCSI_S_BAD_TARGET] = DID_BAD_TARGET,
		[VIRTIO_SCSI_S_RESET] = DID_RESET,
		[VIRTIO_SCSI_S_BUSY] = DID_BUS_BUSY,
		[VIRTIO_SCSI_S_TRANSPORT_FAILURE] = DID_TRANSPORT_DISRUPTED,
		[VIRTIO_SCSI_S_NEXUS_FAILURE] = DID_OK,
		[VIRTIO_SCSI_S_FAILURE] = DID_ERROR,
	};

	if (response < ARRAY_SIZE(codes))
		return codes[response];
	vfe_scsi_odd(vs, VFE_SCSI_ODD_RESPONSE, "a response", response);
	return DID_ERROR;
}

/*
 * The SCSI core sends a read or write that transferred nothing, without an
 * error, again for ever: if the status is good, less than @underflow is one.
 */
static void vfe_scsi_take_residual(struct vfe_scsi *vs, struct scsi_cmnd *sc,
				   u32 residual)
{
	if (likely(!residual))
		return;
	if (residual > scsi_bufflen(sc)) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_RESIDUAL, "a residual", residual);
		residual = scsi_bufflen(sc);
	}
	scsi_set_resid(sc, residual);
	if (!sc->result && scsi_bufflen(sc) - residual < sc->underflow)
		set_host_byte(sc, DID_ERROR);
}

static void vfe_scsi_take_sense(struct vfe_scsi *vs, struct scsi_cmnd *sc,
				const struct vfe_scsi_response *response)
{
	u32 len = le32_to_cpu(READ_ONCE(response->sense_len));

	if (likely(!len))
		return;
	if (len > sizeof(response->sense)) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_SENSE, "a length of sense data",
			     len);
		len = sizeof(response->sense);
	}
	memcpy(sc->sense_buffer, response->sense,
	       min_t(u32, len, SCSI_SENSE_BUFFERSIZE));
}

/*
 * 5.6.6.1.2: do not retry on other paths. No code of the SCSI core keeps a
 * multipath device from that, but this sense data does: INTERNAL TARGET FAILURE.
 */
static void vfe_scsi_target_failure(struct scsi_cmnd *sc)
{
	scsi_build_sense(sc, 0, HARDWARE_ERROR, 0x44, 0);
	scsi_set_resid(sc, scsi_bufflen(sc));
}

/* Sets the result of a command from the device's response. */
static void vfe_scsi_result(struct vfe_scsi *vs, struct scsi_cmnd *sc,
			    const struct vfe_scsi_response *response)
{
	u8 code = READ_ONCE(response->response);
	u8 status = READ_ONCE(response->status);

	if (unlikely(code == VFE_SCSI_S_NONE)) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_RESPONSE, "an unwritten response",
			     code);
		sc->result = DID_ERROR << 16;
		return;
	}
	if (unlikely(code == VIRTIO_SCSI_S_TARGET_FAILURE)) {
		vfe_scsi_target_failure(sc);
		return;
	}
	sc->result = status;
	vfe_scsi_take_residual(vs, sc,
			       le32_to_cpu(READ_ONCE(response->residual)));
	vfe_scsi_take_sense(vs, sc, response);
	if (unlikely(code))
		set_host_byte(sc, vfe_scsi_host_byte(vs, code));
	if (unlikely(code == VIRTIO_SCSI_S_NEXUS_FAILURE))
		set_status_byte(sc, SAM_STAT_RESERVATION_CONFLICT);
}

/*
 * Once @in_flight is false, the error handler may end the command, but not
 * before it has waited for RCU: the caller is under rcu_read_lock().
 */
static void vfe_scsi_complete_one(struct vfe_scsi *vs,
				  struct vfe_scsi_queue *sq,
				  struct vfe_scsi_cmd *cmd)
{
	struct scsi_cmnd *sc = vfe_scsi_cmnd(cmd);

	if (unlikely(cmd->query)) {
		vfe_scsi_query_done(vfe_scsi_query_of(cmd), 0);
		return;
	}
	vfe_scsi_result(vs, sc, &vfe_scsi_wire(cmd)->response);
	vfe_scsi_release(vs, sq, sc);
	/* the next command with this tag must not inherit it */
	cmd->io.timeouts = 0;
	vfe_count(vs->stats, operations);
	vfe_scsi_cmd_ended(cmd);
	scsi_done(sc);
}

/**
 * vfe_scsi_complete_list() - complete commands that the device used
 * @vs: the host
 * @sq: their queue
 * @done: the commands; do not use it afterwards
 *
 * Context: any, without the queue's lock.
 */
void vfe_scsi_complete_list(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
			    struct vfe_io_done *done)
{
	struct vfe_token *token = done->list.first, *next;

	if (!token)
		return;
	vfe_recovery_completes(&vs->io.recovery);
	for (; token; token = next) {
		next = token->next;
		vfe_scsi_complete_one(vs, sq, vfe_scsi_token(token));
	}
}
