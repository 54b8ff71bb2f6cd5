import assert from 'node:assert/strict'
import { matcher } from '../../../collector/ganglia/match.ts'

describe('which hypervisor or instance a machine of Ganglia is', () => {
  const instance = (id: string, name: string, ...addresses: string[]) => ({ id, name, project: `of ${id}`, addresses })
  const match = matcher({
    hypervisors: ['hv-01', 'hv-02.cloud.example', 'twin.a.example', 'twin.b.example'],
    instances: [
      instance('1', 'web', '10.0.0.5', 'FE80::1'),
      instance('2', 'db', '10.0.0.6'),
      instance('3', 'same', '192.168.0.3'),
      instance('4', 'same', '192.168.0.4'),
      instance('5', 'left', '172.16.0.9'),
      instance('6', 'right', '172.16.0.9'),
      instance('7', 'hv-02', '10.9.9.9'),
      instance('8', '10', '10.8.8.8'),
    ],
  })
  const is = (name: string, address: string | null, hypervisor: string | null, id: string | null, because: string) =>
    it(because, () => {
      const found = match({ name, address })
      assert.deepEqual([found.hypervisor, found.instance?.id ?? null], [hypervisor, id])
      assert.equal(found.instance?.project, id === null ? undefined : `of ${id}`)
    })

  is('hv-01', '10.3.0.1', 'hv-01', null, 'a hypervisor by its name')
  is('HV-01.cloud.example', '10.3.0.1', 'hv-01', null, 'a hypervisor by the first part of its name, in any case')
  is('hv-02', '10.3.0.2', 'hv-02.cloud.example', null, 'a hypervisor whose own name is the longer one')
  is('twin', '10.3.0.3', null, null, 'nobody, when two hypervisors have that first part')
  is('twin.b.example', '10.3.0.3', 'twin.b.example', null, 'one of them by its whole name')
  is('whatever', '10.0.0.5', null, '1', 'an instance by its address')
  is('whatever', 'fe80::1', null, '1', 'an instance by its IPv6 address')
  is('db.internal', null, null, '2', 'an instance by its name, where the address tells nothing')
  is('same', '172.31.0.1', null, null, 'nobody, when two instances have the name')
  is('same', '192.168.0.4', null, '4', 'the one of two with the name that has the address')
  is('x', '172.16.0.9', null, null, 'nobody, when two projects use the address')
  is('right', '172.16.0.9', null, '6', 'the one of two with the address that has the name')
  is('hv-01', '10.0.0.5', null, '1', 'never a hypervisor that speaks from an instance’s address')
  is('10.3.0.77', '10.3.0.77', null, null, 'nobody, by a part of an address')
  is('6', null, null, '6', 'an instance by its id')
})
