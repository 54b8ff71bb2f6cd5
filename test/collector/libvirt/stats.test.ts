import assert from 'node:assert/strict'
import { domainStats } from '../../../collector/libvirt/stats.ts'
import { recordedDomstats } from '../../support/recorded-domstats.ts'

describe('statistics of a domain', () => {
  it('of a guest with a memory driver', () => {
    const stats = domainStats(recordedDomstats('domstats-guest-with-balloon.txt'))
    assert.equal(stats.cpuNs, 6_380_000_000)
    assert.deepEqual(
      stats.vcpus.map(({ index, timeNs }) => [index, (timeNs ?? 0) > 0]),
      [
        [0, true],
        [1, true],
      ],
    )
    assert.ok((stats.balloon.availableKib ?? 0) > (stats.balloon.usableKib ?? Infinity))
    assert.deepEqual(
      stats.nics.map(({ device }) => device),
      ['tapspike1'],
    )
  })

  it('of a guest without one have no memory as the guest sees it', () => {
    const { balloon } = domainStats(recordedDomstats('domstats-no-balloon-driver.txt'))
    assert.deepEqual([balloon.availableKib, balloon.usableKib, balloon.lastUpdate], [null, null, 0])
    assert.ok((balloon.rssKib ?? 0) > 0)
  })

  it('count a disk once, whatever its backing chain', () => {
    const { disks } = domainStats(recordedDomstats('domstats-block-backing.txt'))
    assert.deepEqual(
      disks.map(({ device, readOps }) => [device, readOps]),
      [
        ['vda', 112],
        ['vdb', 1],
      ],
    )
  })

  it('leave out what KVM counts for itself', () => {
    const stats = domainStats(recordedDomstats('domstats-kvm-accel.txt'))
    assert.equal(stats.vcpus.length, 1)
    assert.deepEqual(Object.keys(stats.vcpus[0] ?? {}), ['index', 'timeNs', 'delayNs'])
  })

  it('are not mistaken for zeros when QEMU was passed over', () => {
    const record = recordedDomstats('domstats-guest-with-balloon.txt')
    const params = new Map([...record.params].filter(([field]) => !/rss$|\.(rd|wr|fl)\./.test(field)))
    const stats = domainStats({ ...record, params })
    assert.equal(stats.monitored, false)
    assert.deepEqual(stats.disks, [])
  })

  it('ignore field names that are not libvirt’s', () => {
    const names = [
      '__proto__',
      'vcpu.__proto__.time',
      'vcpu.-1.time',
      'vcpu.1e3.time',
      'vcpu.00.time',
      'net.99999999999999999999.name',
      '',
    ]
    const params = new Map(names.map((name) => [name, 1]))
    assert.deepEqual(domainStats({ ...recordedDomstats('domstats-block-backing.txt'), params }).vcpus, [])
  })
})
