import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { guestFacts } from '../../../collector/libvirt/guest-facts.ts'
import type { ParamValue } from '../../../collector/libvirt/procedures.ts'

const recorded = (() => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'libvirt', 'guestinfo-agent.txt'), 'utf8')
  const params = new Map<string, ParamValue>()
  for (const [, field = '', value = ''] of text.matchAll(/^(\S+)\s*: (.*)$/gm))
    params.set(field, /^\d+$/.test(value) ? Number(value) : value)
  return params
})()

describe('what a guest says of itself', () => {
  it('is its name, its file systems, and the addresses that mean something outside', () => {
    assert.deepEqual(guestFacts(recorded), {
      hostname: 'guest1',
      filesystems: [{ mountpoint: '/mnt', totalBytes: 52_685_824, usedBytes: 1_062_912 }],
      addresses: [{ address: '10.77.0.2', mac: '52:54:00:00:f0:01' }],
    })
  })

  const ignores = (what: string, changes: Record<string, ParamValue>) =>
    it(`leaves out ${what}`, () => {
      assert.deepEqual(guestFacts(new Map([...recorded, ...Object.entries(changes)])).filesystems, [])
    })
  ignores('a file system that is fuller than full', { 'fs.0.used-bytes': 1e12 })
  ignores('a file system without a size', { 'fs.0.total-bytes': null })
  ignores('a name with control characters', { 'fs.0.mountpoint': '/mnt\u001b[2J' })
  ignores('a name without end', { 'fs.0.mountpoint': '/'.repeat(4000) })

  it('is bounded, whatever the guest makes up', () => {
    const many = new Map<string, ParamValue>([
      ['fs.count', 1e9],
      ['if.count', 1e9],
    ])
    for (let n = 0; n < 2000; n++) {
      many.set(`fs.${n}.mountpoint`, `/${n}`).set(`fs.${n}.total-bytes`, 9).set(`fs.${n}.used-bytes`, 1)
      many.set(`if.${n}.addr.count`, 1e9).set(`if.${n}.addr.0.addr`, `10.0.${n >> 8}.${n & 255}`)
    }
    const { filesystems, addresses } = guestFacts(many)
    assert.deepEqual([filesystems.length, addresses.length], [16, 32])
  })

  it('is no address when it is something else', () => {
    const facts = guestFacts(new Map(recorded).set('if.1.addr.0.addr', '<script>'))
    assert.deepEqual(facts.addresses, [])
  })
})
