import type { Clock } from '../../model/clock.ts'
import type { Sample } from '../../model/sample.ts'
import type { LibvirtClient } from './client.ts'
import type { HypervisorMemory } from './hypervisor-memory.ts'
import { LibvirtError, type NodeStats, type NodeStatsReply, nodeCpuStats, nodeMemoryStats, type Procedure } from './procedures.ts'
import { hostRates } from './rates.ts'
import { hostSample } from './samples.ts'

/** CPU and memory of the physical machine, as far as its driver tells them. */
export async function readHost(
  client: LibvirtClient,
  memory: HypervisorMemory,
  context: { host: string; clock: Clock; cpus: number; instances: number; running: number },
): Promise<Sample> {
  const { clock, ...known } = context
  const [cpu, kib] = await Promise.all([nodeStats(client, memory, nodeCpuStats), nodeStats(client, memory, nodeMemoryStats)])
  const rates = cpu ? hostRates(memory.hostCpu, cpu) : { cpuPercent: null, iowaitPercent: null }
  memory.hostCpu = cpu
  return hostSample({ ...known, time: clock.now(), rates, memory: kib })
}

/** The daemon wants to be told how many there are, and refuses a wrong number. null = this driver has none (test:///, some containers). */
async function nodeStats(
  client: LibvirtClient,
  memory: HypervisorMemory,
  procedure: Procedure<number, NodeStatsReply>,
): Promise<NodeStats | null> {
  try {
    const count = memory.hostCounts.get(procedure.number) ?? (await client.call(procedure, 0)).count
    memory.hostCounts.set(procedure.number, count)
    return (await client.call(procedure, count)).stats
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error
    memory.hostCounts.delete(procedure.number) // another daemon after an upgrade: asked again next time
    return null
  }
}
