import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { z } from 'zod'
import { bytes, duration, Secret, secret, timeZone } from '../../config/fields.ts'
import { formatError, load } from '../../config/load.ts'

const schema = z.strictObject({
  data: z.string(),
  zone: timeZone.optional(),
  store: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('duckdb'), memory: bytes.prefault('512MiB') }),
      z.strictObject({ kind: z.literal('influx1'), url: z.url(), password: secret.optional() }),
    ])
    .prefault({ kind: 'duckdb' }),
  libvirt: z.array(z.strictObject({ uri: z.string(), interval: duration.prefault('30s') })).prefault([]),
  level: z.enum(['debug', 'info']).default('info'),
})

const errorsOf = (text: string) => {
  const loaded = load(text, schema)
  return loaded.ok ? [] : loaded.errors.map((error) => formatError('c.yaml', error))
}

describe('a configuration', () => {
  it('turns what a person writes into what the code uses', () => {
    const loaded = load('data: /x\nlibvirt:\n  - uri: qemu:///system\n    interval: 1.5m\n', schema)
    assert.ok(loaded.ok)
    assert.deepEqual(loaded.value, {
      data: '/x',
      store: { kind: 'duckdb', memory: 512 * 1024 ** 2 },
      libvirt: [{ uri: 'qemu:///system', interval: 90_000 }],
      level: 'info',
    })
    assert.deepEqual(loaded.place(['libvirt', 0, 'interval']), { line: 4, column: 15 })
  })

  it('never prints a secret', () => {
    process.env.SPECOLA_TEST_SECRET = 'hush'
    const loaded = load(
      'data: /x\nstore: {kind: influx1, url: "http://127.0.0.1:8086", password: {env: SPECOLA_TEST_SECRET}}',
      schema,
    )
    assert.ok(loaded.ok && loaded.value.store.kind === 'influx1')
    const { password } = loaded.value.store
    assert.equal(password?.reveal(), 'hush')
    assert.ok(
      ![String(password), JSON.stringify(loaded.value), inspect(loaded.value, { depth: 9 }), `${new Secret('hush')}`]
        .join()
        .includes('hush'),
    )
  })
})

describe('mistakes in a configuration', () => {
  const says = (title: string, text: string, ...want: string[]) => it(title, () => assert.deepEqual(errorsOf(text), want))

  says(
    'an unknown key, with what was probably meant',
    'data: /x\nlibvirt:\n  - uri: a\n    intervall: 30s\n',
    'c.yaml:4:5 libvirt[0].intervall: unknown key (did you mean "interval"?)',
  )
  says('a wrong word', 'data: /x\nlevel: inf\n', 'c.yaml:2:8 level: "inf" is none of: debug, info (did you mean "info"?)')
  says(
    'a wrong duration',
    'data: /x\nlibvirt:\n  - uri: a\n    interval: 30 sec\n',
    'c.yaml:4:15 libvirt[0].interval: not a duration: "30 sec" (write a number and a unit: 250ms, 30s, 5m, 1h, 14d)',
  )
  says(
    'something missing, at its parent',
    'libvirt:\n  - interval: 30s\n',
    'c.yaml:1:1 data: missing',
    'c.yaml:2:5 libvirt[0].uri: missing',
  )
  says(
    'a secret written out',
    'data: /x\nstore: {kind: influx1, url: "http://h:1", password: hush}',
    'c.yaml:2:53 store.password: a secret is not written here: use {file: /path/to/it} or {env: NAME}',
  )
  says(
    'a secret that is not there',
    'data: /x\nstore: {kind: influx1, url: "http://h:1", password: {env: SPECOLA_NO_SUCH}}',
    'c.yaml:2:43 store.password: environment variable SPECOLA_NO_SUCH is not set',
  )
  says(
    'a zone that does not exist',
    'data: /x\nzone: Europe/Roma\n',
    'c.yaml:2:7 zone: not a time zone (write an IANA name such as Europe/Rome)',
  )
  says(
    'broken YAML',
    'data: [1, 2\n',
    'c.yaml:2:1 Flow sequence in block collection must be sufficiently indented and end with a ]',
  )
  says('a key given twice', 'data: a\ndata: b\n', 'c.yaml:2:1 Map keys must be unique')

  it('are all told at once, in the order of the file', () => {
    const errors = errorsOf('level: loud\nstor: {}\nlibvirt:\n  - interval: x\n')
    assert.deepEqual(
      errors.map((error) => error.split(' ')[0]),
      ['c.yaml:1:1', 'c.yaml:1:8', 'c.yaml:2:1', 'c.yaml:4:5', 'c.yaml:4:15'],
    )
  })
})
