import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ipAvailability, numberOf, type Subnet } from '../../model/ip-availability.ts'
import { type Port, placeTraffic, sumTraffic, type TapTraffic } from '../../model/port-traffic.ts'

const port = (id: string, device: string, subnets: string[] = ['s1'], network = 'n1'): Port => ({
  ...{ id, network, project: 'p', device, mac: null },
  fixed: subnets.map((subnet, n) => ({ subnet, address: `10.0.0.${n + 1}` })),
})
const tap = (instance: string, device: string, rxBytes = 1, txBytes = 2): TapTraffic => ({
  ...{ instance, project: 'p', device, rxBytes, txBytes, drops: 0 },
})
const a = '1c3bbc2c-e595-4844-a88e-5d44fdd080b0'
const b = '99999999-e595-4844-a88e-5d44fdd080b0'

describe('traffic of taps', () => {
  const places = (
    title: string,
    taps: TapTraffic[],
    ports: Port[],
    want: [string | null, string | null, string | null][],
    labels: string[] = [],
  ) =>
    it(title, () => {
      const instances = [{ id: 'vm', addresses: labels.map((label, n) => ({ address: `10.0.0.${n}`, label })) }]
      assert.deepEqual(
        placeTraffic(taps, ports, instances).map((one) => [one.port, one.network, one.subnet]),
        want,
      )
    })
  places(
    "is its port's by the tap's name",
    [tap('vm', 'tap1c3bbc2c-e5')],
    [port(b, 'vm'), port(a, 'vm', ['s2'], 'n2')],
    [[a, 'n2', 's2']],
  )
  places("is its instance's only port's, whatever the tap is called", [tap('vm', 'vnet3')], [port(a, 'vm')], [[a, 'n1', 's1']])
  places('is nobody’s where two ports could be meant', [tap('vm', 'vnet3')], [port(a, 'vm'), port(b, 'vm')], [[null, null, null]])
  places(
    'is nobody’s where two taps have one port',
    [tap('vm', 'vnet3'), tap('vm', 'vnet4')],
    [port(a, 'vm')],
    [
      [null, null, null],
      [null, null, null],
    ],
  )
  places('is not another instance’s', [tap('vm', 'tap1c3bbc2c-e5')], [port(a, 'other')], [[null, null, null]])
  places(
    'of a port in two subnets is of no one subnet',
    [tap('vm', 'tap1c3bbc2c-e5')],
    [port(a, 'vm', ['s1', 's2'])],
    [[a, 'n1', null]],
  )
  places(
    'goes by the name of the only network where no ports are known',
    [tap('vm', 'vnet3')],
    [],
    [[null, 'net-app', null]],
    ['net-app', 'net-app'],
  )
  places(
    'is nobody’s where an instance is in two networks',
    [tap('vm', 'vnet3')],
    [],
    [[null, null, null]],
    ['net-app', 'net-db'],
  )

  it('is summed without loss, whatever the key', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom('vm', 'other', 'third'),
            fc.constantFrom('tap1c3bbc2c-e5', 'tap99999999-e5', 'vnet0'),
            fc.nat(1e6),
            fc.nat(1e6),
          ),
        ),
        (rows) => {
          const placed = placeTraffic(
            rows.map((row) => tap(...row)),
            [port(a, 'vm'), port(b, 'other', ['s1', 's2'])],
          )
          for (const by of ['network', 'subnet', 'project', 'port', 'instance'] as const) {
            const sums = sumTraffic(placed, by)
            assert.equal(
              sums.reduce((sum, { rxBytes }) => sum + rxBytes, 0),
              rows.reduce((sum, [, , rx]) => sum + rx, 0),
            )
            assert.equal(
              sums.reduce((sum, { taps }) => sum + taps, 0),
              rows.length,
            )
            assert.equal(new Set(sums.map(({ key }) => key)).size, sums.length)
          }
        },
      ),
    ))
})

describe('addresses that a subnet still has', () => {
  const subnet = (pools: [string, string][]): Subnet => ({
    ...{ id: 's1', name: null, network: 'n1', project: null, cidr: '' },
    pools: pools.map(([start, end]) => ({ start, end })),
  })
  const has = (title: string, pools: [string, string][], addresses: string[], want: [number, number, number]) =>
    it(title, () => {
      const ports = addresses.map((address): Port => ({ ...port(a, 'vm'), fixed: [{ subnet: 's1', address }] }))
      const [found] = ipAvailability([subnet(pools)], ports)
      assert.deepEqual([found?.total, found?.used, found?.free], want)
    })
  has('are those of its pools', [['10.0.0.2', '10.0.0.254']], [], [253, 0, 253])
  has('less those of ports', [['10.0.0.2', '10.0.0.11']], ['10.0.0.2', '10.0.0.9', '10.0.0.9'], [10, 2, 8])
  has('a gateway outside of the pools takes none', [['10.0.0.2', '10.0.0.11']], ['10.0.0.1', '10.0.0.2'], [10, 2, 9])
  has(
    'over several pools',
    [
      ['10.0.0.2', '10.0.0.3'],
      ['10.0.1.0', '10.0.1.255'],
    ],
    ['10.0.1.7'],
    [258, 1, 257],
  )
  has('of IPv6', [['fd00::1', 'fd00::ffff']], ['fd00::a', 'fd00:0:0:0:0:0:0:b'], [65_535, 2, 65_533])
  has('none without pools', [], ['10.0.0.1'], [0, 1, 0])
  has(
    'none of a pool that is none',
    [
      ['x', '10.0.0.3'],
      ['10.0.0.9', '10.0.0.2'],
    ],
    [],
    [0, 0, 0],
  )
  it('are counted by addresses that are some', () => {
    assert.equal(numberOf('255.255.255.255'), 2n ** 32n - 1n)
    assert.equal(numberOf('::'), 0n)
    assert.equal(numberOf('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), 2n ** 128n - 1n)
    for (const wrong of [
      '',
      '1.2.3',
      '1.2.3.256',
      ':::',
      '1::2::3',
      'g::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
    ])
      assert.equal(numberOf(wrong), null, wrong)
  })
})
