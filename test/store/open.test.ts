import assert from 'node:assert/strict'
import { z } from 'zod'
import { load } from '../../config/load.ts'
import { storeSection } from '../../store/open.ts'

const schema = z.strictObject({ store: storeSection })
const errors = (yaml: string) => {
  const loaded = load(yaml, schema)
  return loaded.ok ? [] : loaded.errors.map(({ line, path, message }) => `${line} ${path}: ${message}`)
}

describe('the store section of the configuration', () => {
  it('means embedded DuckDB when it is absent', () => {
    const loaded = load('', schema)
    assert.ok(loaded.ok)
    assert.deepEqual(loaded.value.store, {
      kind: 'duckdb',
      memory: 512 * 1024 ** 2,
      threads: 2,
      retention: { raw: 14 * 86_400_000, '5m': 90 * 86_400_000, '1h': 1095 * 86_400_000 },
      freeSpace: 256 * 1024 ** 2,
    })
  })

  it('takes InfluxDB with what it needs', () => {
    const loaded = load('store:\n  kind: influx1\n  url: https://influx.example.org:8086\n  retention: 30d', schema)
    assert.ok(loaded.ok && loaded.value.store.kind === 'influx1')
    assert.equal(loaded.value.store.database, 'specola')
  })

  it('says what is wrong, and where', () => {
    assert.match(errors('store:\n  kind: influx2')[0] ?? '', /^2 store\.kind/)
    assert.match(errors('store:\n  kind: influx1')[0] ?? '', /store\.url: missing/)
    assert.match(errors('store:\n  kind: influx1\n  url: ftp://x')[0] ?? '', /^3 store\.url: not an http/)
    assert.match(errors('store:\n  kind: influx1\n  url: http://me:secret@x')[0] ?? '', /credentials do not belong in the URL/)
    assert.match(errors('store:\n  kind: duckdb\n  memry: 1GiB')[0] ?? '', /did you mean "memory"/)
  })
})
