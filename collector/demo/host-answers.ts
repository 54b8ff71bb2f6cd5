/** The demo machine's storage pools, NUMA cells and huge pages. */
import { createHash } from 'node:crypto'
import { AppError } from '../../model/contract.ts'
import { capabilities, freePages, listStoragePools, storagePoolInfo } from '../libvirt/host-procedures.ts'
import type { HostModel } from './host-model.ts'
import type { Answer } from './rpc-server.ts'

const gib = 2 ** 30
export const demoCells = 2
const hugePageKib = 2048
/** Per cell. */
const hugePages = 512

interface Machine {
  host: string
  cpus: number
  memoryKib: number
  now(): number
}

export function hostAnswers(model: HostModel, machine: Machine): [number, Answer][] {
  const guests = () => model.domains(machine.now())
  const pools = () => {
    const disks = guests().reduce((sum, { domain }) => sum + domain.nova.flavor.diskGb, 0)
    return [
      { name: 'nova', capacity: 500 * gib, allocation: (12 + disks * 0.6) * gib },
      { name: 'images', capacity: 100 * gib, allocation: 31 * gib },
    ].map((pool) => ({ ...pool, uuid: uuidOf(`${machine.host} ${pool.name}`) }))
  }
  return [
    [
      listStoragePools.number,
      (_, reply) => reply.list(pools(), ({ name, uuid }) => reply.string(name).uuid(uuid)).uint(pools().length),
    ],
    [
      storagePoolInfo.number,
      (args, reply) => {
        const name = args.string()
        const pool = pools().find((one) => one.name === name)
        if (!pool) throw new AppError('not-found', `no storage pool ${name}`)
        const free = Math.max(0, pool.capacity - pool.allocation)
        reply.uint(2).hyper(pool.capacity).hyper(Math.round(pool.allocation)).hyper(Math.round(free))
      },
    ],
    [capabilities.number, (_, reply) => reply.string(capabilitiesXml(machine))],
    [
      freePages.number,
      (args, reply) => {
        const sizes = args.list(4, 64, () => args.uint())
        const inUse = Math.min(hugePages, guests().length * 16)
        reply.list(sizes, (size) => reply.hyper(size === hugePageKib ? hugePages - inUse : 0))
      },
    ],
  ]
}

function capabilitiesXml({ cpus, memoryKib }: Machine): string {
  const cell = (id: number) =>
    `<cell id='${id}'><memory unit='KiB'>${Math.floor(memoryKib / demoCells)}</memory>` +
    `<pages unit='KiB' size='${hugePageKib}'>${hugePages}</pages><cpus num='${Math.ceil(cpus / demoCells)}'></cpus></cell>`
  const cells = Array.from({ length: demoCells }, (_, id) => cell(id)).join('')
  return `<capabilities><host><topology><cells num='${demoCells}'>${cells}</cells></topology></host></capabilities>`
}

function uuidOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
