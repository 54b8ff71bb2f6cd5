import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeName, decodeTagValue, encodeName, encodeTagValue } from '../../store/line-protocol.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\\', ',', '=', ' ', '"', '%', '\n', '0', 'A', '#', '_') }),
)

describe('names and tag values for InfluxDB', () => {
  it('come back as they were, whatever is in them', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        assert.equal(decodeTagValue(encodeTagValue(text)), text)
        assert.equal(decodeName(encodeName(text)), text)
      }),
    )
  })

  it('never hold a line break, a backslash or a control character', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
        assert.doesNotMatch(encodeTagValue(text) + encodeName(text), /[\u0000-\u001f\u007f\\]/)
      }),
    )
  })

  it('stay as they are when they are ordinary', () => {
    for (const text of [
      '8a1f0c3e-5d1b-4e0f-9d55-0d9b0c1f2a3b',
      'm1.large',
      'hv-07.example.org',
      'vda',
      'cpu_percent',
      'Città di Torino',
    ])
      assert.deepEqual([encodeTagValue(text), encodeName(text)], [text, text])
  })

  it('avoid the names that InfluxDB keeps for itself', () => {
    for (const [name, encoded] of [
      ['time', '%74ime'],
      ['#temperature', '%23temperature'],
      ['_tagKey', '%5FtagKey'],
    ] as const)
      assert.equal(encodeName(name), encoded)
  })
})
