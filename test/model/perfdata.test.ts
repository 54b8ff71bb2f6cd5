import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Perfdata } from '../../model/check.ts'
import { parsePerfdata, printPerfdata } from '../../model/perfdata.ts'
import { baseUnit, toBase } from '../../model/perfdata-units.ts'
import { fixture } from '../support/fixture.ts'
import { sharedVectors } from '../support/shared-vectors.ts'

describe('perfdata', () => {
  const reads = (text: string, ...items: Perfdata[]) =>
    it(`reads ${text}`, () => assert.deepEqual(parsePerfdata(text), { items, rejected: [] }))
  reads('a=1', { label: 'a', value: 1, unit: '' })
  reads("'disk /'=81%;80;90;0;100", { label: 'disk /', value: 81, unit: '%', warn: '80', crit: '90', min: 0, max: 100 })
  reads("'it''s'=1", { label: "it's", value: 1, unit: '' })
  reads("'a=b'=3ms;@1:2;~:5", { label: 'a=b', value: 3, unit: 'ms', warn: '@1:2', crit: '~:5' })
  reads('t=U', { label: 't', value: null, unit: '' })
  reads('m::a=1 b=2', { label: 'm::a', value: 1, unit: '' }, { label: 'm::b', value: 2, unit: '' })

  const refuses = (text: string) =>
    it(`refuses ${text}`, () => assert.deepEqual(parsePerfdata(text), { items: [], rejected: [text] }))
  refuses('x')
  refuses('x=')
  refuses('a=1,5')
  refuses('a=1;2,5')
  refuses('a=inf')
  refuses('a=0x10')
  refuses('a=1e400')

  it('brings numbers to base units: m is minutes, KB 1000 bytes, KiB 1024, b bits', () => {
    assert.deepEqual(baseUnit('m'), { unit: 'seconds', factor: 60, counter: false })
    assert.deepEqual(baseUnit('KB'), { unit: 'bytes', factor: 1000, counter: false })
    assert.deepEqual(baseUnit('MiB'), { unit: 'bytes', factor: 1048576, counter: false })
    assert.deepEqual(baseUnit('b'), { unit: 'bits', factor: 1, counter: false })
    assert.deepEqual(baseUnit('c'), { unit: '', factor: 1, counter: true })
    assert.deepEqual(baseUnit('foo'), { unit: '', factor: 1, counter: false })
  })

  it('prints items that read back as the same items', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0)
    const item = fc
      .record(
        {
          label: fc.string({ minLength: 1, unit: fc.constantFrom(...'abz /=\'"\\ü;%_.0') }),
          value: fc.oneof(number, fc.constant(null)),
          unit: fc.constantFrom('', 's', 'ms', '%', 'B', 'KiB', 'c'),
          warn: fc.constantFrom('10', '@1:2', '~:5'),
          crit: fc.constantFrom('20', '5:'),
          min: number,
          max: number,
        },
        { requiredKeys: ['label', 'value', 'unit'], noNullPrototype: true },
      )
      .filter(({ label }) => !label.includes('::'))
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) =>
        assert.deepEqual(parsePerfdata(printPerfdata(items as Perfdata[])), { items, rejected: [] }),
      ),
    )
  })
})

describe('perfdata items that a real Icinga parsed', () => {
  interface Item {
    raw: string
    parsed: Record<'label' | 'value' | 'unit' | 'warn' | 'crit' | 'min' | 'max', unknown> | null
  }
  /** Where we read an item otherwise, and why. */
  const otherwise: [RegExp, string][] = [
    [/=U/, 'Icinga drops an item without a value; we keep it as a value that could not be had'],
    [/=(inf|nan)$/, 'Icinga keeps what is not a number; we refuse it'],
    [/''/, 'two quotes in a label are one; Icinga keeps both, and a label of nothing'],
  ]
  const close = (a: unknown, b: unknown) =>
    typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)) : a === b

  it('read the same, but for the reasons that are named', () => {
    const { cases } = JSON.parse(fixture('alerting/icinga2-item.json.gz')) as { cases: Item[] }
    const used = new Set<string>()
    let compared = 0
    for (const { raw, parsed } of cases) {
      const { items, rejected } = parsePerfdata(raw)
      // Icinga was handed several items, and blanks around them, as if they were one: there the caller takes them apart.
      if (items.length + rejected.length !== 1 || raw !== raw.trim()) continue
      const reason = otherwise.find(([pattern]) => pattern.test(raw))
      if (reason) {
        used.add(reason[1])
        continue
      }
      compared++
      const got = items[0] && toBase(items[0])
      if (parsed === null) assert.equal(got, undefined, raw)
      else
        for (const key of ['label', 'value', 'unit', 'warn', 'crit', 'min', 'max'] as const)
          assert.ok(got && close(got[key], parsed[key]), `${raw} ${key}: ${got?.[key]}, not ${parsed[key]}`)
    }
    assert.equal(used.size, otherwise.length)
    assert.ok(compared > 100, `${compared} compared`)
  })
})

describe('perfdata of Icinga’s own tests', () => {
  interface Unit {
    rejected: string[]
    split: { raw: string; items: string[] }[]
    cases: ({ raw: string } & Record<'label' | 'value' | 'unit' | 'counter' | 'warn' | 'crit' | 'min' | 'max', unknown>)[]
  }
  const vectors = sharedVectors<Unit>('perfdata/icinga2-unit.json')
  const close = (a: unknown, b: unknown) =>
    typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= 1e-9 * Math.abs(b) : a === b
  it('read the same', () => {
    for (const { raw, ...wanted } of vectors().cases) {
      const item = parsePerfdata(raw).items[0]
      assert.ok(item, raw)
      const got = toBase(item)
      for (const key of ['label', 'value', 'unit', 'counter', 'warn', 'crit', 'min', 'max'] as const)
        assert.ok(close(got[key], wanted[key]), `${raw} ${key}: ${got[key]}, not ${wanted[key]}`)
    }
    for (const { raw, items } of vectors().split) assert.equal(parsePerfdata(raw).items.length, items.length, raw)
    for (const raw of vectors().rejected) assert.deepEqual(parsePerfdata(raw).items, [], raw)
  })
})
