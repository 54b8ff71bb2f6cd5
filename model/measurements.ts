/** The catalogue of what Specola itself measures: one place for units and titles, read by collectors, checks, pages and docs. */

export interface FieldInfo {
  /** Unit of the stored number: '%', 'B', 'B/s', '1/s', 'ms', 's' or '' for a plain count or code. */
  unit: string
  title: string
}

export interface MeasurementInfo {
  tags: readonly string[]
  fields: Readonly<Record<string, FieldInfo>>
}

const f = (unit: string, title: string): FieldInfo => ({ unit, title })

/** All rates and percentages are means over the polling interval that ends at the sample's time. */
export const measurements = {
  /** One row per instance and poll: the whole instance. */
  instance: {
    tags: ['instance', 'project', 'user', 'host', 'flavor'],
    fields: {
      state: f('', 'libvirt domain state (1 running, 3 paused, 4 shutting down, 5 shut off, 6 crashed, 7 suspended)'),
      qemu_silent_seconds: f('s', 'For so long QEMU has not answered its daemon (0 = it answers)'),
      qemu_locked_seconds: f('s', 'For so long another operation has kept QEMU from being asked (0 = nothing does)'),
      vcpus: f('', 'vCPUs'),
      cpu_percent: f('%', 'CPU used of the allotted vCPUs'),
      steal_percent: f('%', 'CPU steal: vCPUs ready but not running'),
      host_cpu_percent: f('%', 'Host CPU used, emulator included (100 = one core)'),
      memory_current_bytes: f('B', 'Memory the guest may use now (balloon)'),
      memory_used_bytes: f('B', 'Memory used, as the guest sees it (caches left out)'),
      memory_used_caches_bytes: f('B', 'Memory used, as the guest sees it, its caches included'),
      memory_available_bytes: f('B', 'Memory the guest sees in all'),
      memory_rss_bytes: f('B', 'Host memory footprint (resident, QEMU included)'),
      major_faults: f('1/s', 'Major page faults'),
      swap_bytes: f('B/s', 'Swap traffic in the guest'),
      disk_read_bytes: f('B/s', 'Disk read'),
      disk_write_bytes: f('B/s', 'Disk write'),
      disk_read_ops: f('1/s', 'Disk read requests'),
      disk_write_ops: f('1/s', 'Disk write requests'),
      disk_read_latency: f('ms', 'Disk read latency'),
      disk_write_latency: f('ms', 'Disk write latency'),
      disk_flush_ops: f('1/s', 'Disk flushes'),
      disk_flush_latency: f('ms', 'Disk flush latency'),
      disk_queue: f('', 'Disk requests in flight (mean)'),
      disk_allocated_bytes: f('B', 'Disk image allocated (highest offset written)'),
      disk_physical_bytes: f('B', 'Disk image on the host (size of the file or volume)'),
      disk_capacity_bytes: f('B', 'Disk capacity'),
      net_rx_bytes: f('B/s', 'Network received'),
      net_tx_bytes: f('B/s', 'Network sent'),
      net_rx_packets: f('1/s', 'Packets received'),
      net_tx_packets: f('1/s', 'Packets sent'),
      net_drops: f('1/s', 'Packets dropped'),
      net_errors: f('1/s', 'Packets in error'),
      net_loss_percent: f('%', 'Packets dropped, of all that came or went'),
    },
  },
  /** Only of instances with more than one vCPU: the instance's own row says the same of a single one. `device`: vcpu0, vcpu1 … */
  instance_vcpu: {
    tags: ['instance', 'project', 'host', 'device'],
    fields: {
      cpu_percent: f('%', 'Used'),
      steal_percent: f('%', 'Steal: ready but not running'),
    },
  },
  /** From the agent in the guest, where it is asked: the tenant's own word. `device`: the mount point. */
  instance_filesystem: {
    tags: ['instance', 'project', 'host', 'device'],
    fields: {
      total_bytes: f('B', 'Size'),
      used_bytes: f('B', 'Used'),
      used_percent: f('%', 'Used'),
    },
  },
  /** Only while it leaves `host`, a row a second. */
  instance_migration: {
    tags: ['instance', 'project', 'host'],
    fields: {
      progress_percent: f('%', 'Of all data, what need not be sent again'),
      total_bytes: f('B', 'All data'),
      remaining_bytes: f('B', 'Data still to be sent'),
      processed_bytes: f('B', 'Data sent'),
      throughput: f('B/s', 'Memory sent'),
      dirty_rate: f('B/s', 'Memory written by the guest meanwhile'),
      downtime: f('ms', 'Downtime expected'),
      iteration: f('', 'Passes over the memory'),
      throttle_percent: f('%', 'Held back so that it ends'),
      elapsed: f('s', 'Since the migration began'),
    },
  },
  instance_disk: {
    tags: ['instance', 'project', 'host', 'device'],
    fields: {
      read_bytes: f('B/s', 'Read'),
      write_bytes: f('B/s', 'Write'),
      read_ops: f('1/s', 'Read requests'),
      write_ops: f('1/s', 'Write requests'),
      read_latency: f('ms', 'Read latency'),
      write_latency: f('ms', 'Write latency'),
      flush_ops: f('1/s', 'Flushes'),
      flush_latency: f('ms', 'Flush latency'),
      queue: f('', 'Requests in flight (mean)'),
      allocated_bytes: f('B', 'Allocated (highest offset written)'),
      physical_bytes: f('B', 'On the host'),
      capacity_bytes: f('B', 'Capacity'),
    },
  },
  instance_nic: {
    tags: ['instance', 'project', 'host', 'device'],
    fields: {
      rx_bytes: f('B/s', 'Received'),
      tx_bytes: f('B/s', 'Sent'),
      rx_packets: f('1/s', 'Packets received'),
      tx_packets: f('1/s', 'Packets sent'),
      drops: f('1/s', 'Packets dropped'),
      rx_drops: f('1/s', 'Received packets dropped'),
      tx_drops: f('1/s', 'Sent packets dropped'),
      errors: f('1/s', 'Packets in error'),
      rx_errors: f('1/s', 'Received packets in error'),
      tx_errors: f('1/s', 'Sent packets in error'),
      loss_percent: f('%', 'Packets dropped, of all that came or went'),
    },
  },
  /** The physical machine, as its libvirt daemon tells it. */
  hypervisor: {
    tags: ['host'],
    fields: {
      cpus: f('', 'Logical CPUs'),
      cpu_percent: f('%', 'Host CPU busy'),
      iowait_percent: f('%', 'Host CPU waiting for I/O'),
      memory_total_bytes: f('B', 'Host memory'),
      memory_used_bytes: f('B', 'Host memory used (total - free - buffers - cached)'),
      instances: f('', 'Domains listed'),
      instances_running: f('', 'Domains running'),
    },
  },
  /** A storage pool as a hypervisor's libvirt knows it. */
  storage_pool: {
    tags: ['host', 'pool'],
    fields: {
      active: f('', '1 while it runs'),
      capacity_bytes: f('B', 'Capacity'),
      allocated_bytes: f('B', 'Allocated'),
      available_bytes: f('B', 'Free'),
    },
  },
  /** A NUMA cell of a host. */
  numa_cell: {
    tags: ['host', 'cell'],
    fields: {
      cpus: f('', 'Logical CPUs'),
      memory_total_bytes: f('B', 'Memory'),
      memory_free_bytes: f('B', 'Free memory'),
    },
  },
  /** Memory pages of one size, larger than the usual, of one NUMA cell. */
  huge_pages: {
    tags: ['host', 'cell', 'size'],
    fields: { total: f('', 'Pages'), free: f('', 'Free pages') },
  },
  /**
   * What machines report to Ganglia, each value at the time of its report. `machine` is the machine's own name; `host`, `instance`
   * and `project` only where it is known as a hypervisor or an instance. Units and titles of metrics are the machines' own
   * (`Machine.metrics`).
   */
  ganglia: {
    tags: ['cluster', 'machine', 'metric', 'host', 'instance', 'project'],
    fields: {
      value: f('', 'Value'),
      rate: f('1/s', 'Growth of a value that only ever grows'),
      tmax: f('s', 'Time within which the next report is due'),
      dmax: f('s', 'Time after which the value is forgotten'),
    },
  },
  /** Specola about itself: one row per component and report. */
  specola: {
    tags: ['component'],
    fields: {
      up: f('', '1 when the component works'),
      lag_seconds: f('s', 'How far behind it is'),
      queue: f('', 'Entries waiting'),
      dropped: f('', 'Entries dropped since start'),
      processed: f('', 'Entries processed since start'),
    },
  },
} as const satisfies Record<string, MeasurementInfo>

export type MeasurementName = keyof typeof measurements
