import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DomainRecord, ParamValue } from '../../collector/libvirt/procedures.ts'

const directory = join(import.meta.dirname, '..', 'fixtures', 'libvirt')

/** The text of a file of test/fixtures/libvirt. */
export const libvirtFixture = (name: string): string => readFileSync(join(directory, name), 'utf8')

/** A recorded `virsh domstats --raw` of one domain as the record that came over the wire. */
export function recordedDomstats(name: string): DomainRecord {
  const params = new Map<string, ParamValue>()
  for (const line of libvirtFixture(name).split('\n')) {
    const [field, value] = line.trim().split('=')
    if (field && value !== undefined) params.set(field, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value)
  }
  return { domain: { name: 'instance-0000f001', uuid: '11111111-2222-4333-8444-555555550001', id: 3 }, params }
}
