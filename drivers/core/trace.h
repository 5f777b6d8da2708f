/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of the life of a device, under events/vfe in tracefs: rare
 * events, none on the path of a request.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfe

#if !defined(VFE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VFE_TRACE_H

#include <linux/device.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

/* A step in the life of a device: the device, and the result */
DECLARE_EVENT_CLASS(vfe_step,
		    TP_PROTO(const struct device *dev, int result),
		    TP_ARGS(dev, result),
		    TP_STRUCT__entry(__array(char, name, 32)
				     __field(int, result)),
		    TP_fast_assign(strscpy(__entry->name, dev_name(dev),
					   sizeof(__entry->name));
				   __entry->result = result;),
		    TP_printk("%s: %d", __entry->name, __entry->result)
);

/* A reset of the device: 0 or an error */
DEFINE_EVENT(vfe_step, vfe_reset,
	     TP_PROTO(const struct device *dev, int result),
	     TP_ARGS(dev, result)
);

/* A restart, to just before DRIVER_OK: 0 or an error */
DEFINE_EVENT(vfe_step, vfe_restart,
	     TP_PROTO(const struct device *dev, int result),
	     TP_ARGS(dev, result)
);

/* A request to the class driver for a reset: the state of the device */
DEFINE_EVENT(vfe_step, vfe_fault,
	     TP_PROTO(const struct device *dev, int result),
	     TP_ARGS(dev, result)
);

/* The function is marked gone: 1 by vfe_function_offline(), else 0 */
DEFINE_EVENT(vfe_step, vfe_gone,
	     TP_PROTO(const struct device *dev, int result),
	     TP_ARGS(dev, result)
);

/* A check for a function that was gone: 0 if it is back, or an error */
DEFINE_EVENT(vfe_step, vfe_back,
	     TP_PROTO(const struct device *dev, int result),
	     TP_ARGS(dev, result)
);

#endif /* VFE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
