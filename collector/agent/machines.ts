/**
 * Machines of Ganglia that an agent reads are matched at the centre: only there all hypervisors and instances are known. On the
 * way each sample says, in two tags that end here, what is needed for it; so it does not matter what comes first.
 */
import type { Clock } from '../../model/clock.ts'
import type { Intake, Inventory } from '../../model/contract.ts'
import type { Machine } from '../../model/resource.ts'
import type { Sample } from '../../model/sample.ts'
import { knownMachines, type MayBe } from '../ganglia/known-machines.ts'

const wireTags = { address: 'address', mayBe: 'may_be' } as const
const kinds = ['hypervisors', 'instances'] as const

/** More than any cloud has: beyond it the ones told longest ago are matched when they are told again. */
const machinesAtMost = 100_000

/** The agent's end: what samples of Ganglia say on their way. `addressOf`: as their machines were told, cluster and name. */
export const forCentre = (
  batch: readonly Sample[],
  mayBe: MayBe,
  addressOf: (cluster: string, machine: string) => string | null,
): Sample[] =>
  batch.map((sample) => {
    const address = addressOf(sample.tags.cluster ?? '', sample.tags.machine ?? '')
    const tags = { ...sample.tags, [wireTags.mayBe]: mayBe.join(), ...(address !== null && { [wireTags.address]: address }) }
    return { ...sample, tags }
  })

export interface MachineMatching {
  /** With tags of whom they are found to be; samples of anything else stay what they are. */
  samples(batch: readonly Sample[]): Promise<readonly Sample[]>
  /** Takes in machines of an agent. `mayBe` undefined: an agent that wants nobody matched. */
  machines(agent: string, machines: readonly Machine[], mayBe: MayBe | undefined): Promise<void>
  /** Takes in those again that are found to be something else since: an agent repeats what it told every ten minutes only. */
  again(): Promise<void>
}

/** The centre's end. */
export function machineMatching(
  inventory: Pick<Inventory, 'instances' | 'hypervisors'> | null,
  { intake, clock }: { intake: Pick<Intake, 'machines'>; clock: Pick<Clock, 'monotonic'> },
): MachineMatching {
  const matcherFor = knownMachines(inventory, clock)
  const told = new Map<string, { machine: Machine; mayBe: MayBe }>()

  async function found(machine: Machine, mayBe: MayBe): Promise<Machine> {
    const { hypervisor, instance } = (await matcherFor(mayBe))(machine)
    return { ...machine, hypervisor, instance: instance?.id ?? null, project: instance?.project ?? null }
  }

  return {
    async samples(batch) {
      if (!batch.some(isOnItsWay)) return batch
      const matched: Sample[] = []
      for (const sample of batch) matched.push(isOnItsWay(sample) ? await arrived(sample) : sample)
      return matched
    },
    async machines(agent, machines, mayBe) {
      if (mayBe === undefined) return intake.machines(machines)
      const matched: Machine[] = []
      for (const one of machines) {
        const key = JSON.stringify([agent, one.cluster, one.name])
        const machine = await found(one, mayBe)
        told.delete(key) // the last told is the last to go
        told.set(key, { machine, mayBe })
        matched.push(machine)
      }
      for (const key of told.keys()) {
        if (told.size <= machinesAtMost) break
        told.delete(key)
      }
      await intake.machines(matched)
    },
    async again() {
      const changed: Machine[] = []
      for (const one of told.values()) {
        const machine = await found(one.machine, one.mayBe)
        if (machine.hypervisor === one.machine.hypervisor && machine.instance === one.machine.instance) continue
        one.machine = machine
        changed.push(machine)
      }
      if (changed.length > 0) await intake.machines(changed)
    },
  }

  async function arrived({ tags: { [wireTags.address]: address, [wireTags.mayBe]: mayBe, ...tags }, ...sample }: Sample) {
    const match = await matcherFor(kinds.filter((kind) => mayBe?.split(',').includes(kind)))
    const { hypervisor, instance } = match({ name: tags.machine ?? '', address: address ?? null })
    return {
      ...sample,
      tags: {
        ...tags,
        ...(hypervisor !== null && { host: hypervisor }),
        ...(instance !== null && { instance: instance.id }),
        ...(instance?.project && { project: instance.project }),
      } as Sample['tags'],
    }
  }
}

const isOnItsWay = ({ measurement, tags }: Sample) => measurement === 'ganglia' && tags[wireTags.mayBe] !== undefined
