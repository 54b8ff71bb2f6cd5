import assert from 'node:assert/strict'
import fc from 'fast-check'
import { calendarText } from '../../model/icalendar.ts'

const event = { uid: 'u1', from: Date.UTC(2026, 10, 30, 8), to: Date.UTC(2026, 11, 7, 8), summary: 's', description: '' }
const lines = (text: string) => text.split('\r\n').slice(0, -1)
/** As a reader joins and reads them: RFC 5545, 3.1 and 3.3.11. */
const unfolded = (text: string) => text.replaceAll('\r\n ', '').split('\r\n')
const textOf = (text: string, name: string) =>
  unfolded(text)
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .replace(/\\([\\;,nN])/g, (_all, sign: string) => (sign.toLowerCase() === 'n' ? '\n' : sign))

describe('an iCalendar of shifts', () => {
  it('has each shift with its times in UTC', () => {
    const text = calendarText('On call', [event], Date.UTC(2026, 10, 24))
    assert.deepEqual(lines(text).slice(8, 16), [
      'BEGIN:VEVENT',
      'UID:u1',
      'DTSTAMP:20261124T000000Z',
      'DTSTART:20261130T080000Z',
      'DTEND:20261207T080000Z',
      'SUMMARY:s',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ])
    assert.ok(text.endsWith('END:VCALENDAR\r\n'))
  })

  const hostile = [
    'a;b,c\\d',
    'x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:evil',
    'two\nlines',
    '\u0000\u0007bell\u007f\u2028sep',
    '€'.repeat(200),
    '👩‍🚒'.repeat(60),
    '\ud800 half a pair',
  ]
  for (const name of hostile)
    it(`keeps ${JSON.stringify(name.slice(0, 20))} a text of one event`, () => {
      const text = calendarText(name, [{ ...event, summary: name, description: name }], 0)
      assert.equal(unfolded(text).filter((line) => line === 'BEGIN:VEVENT').length, 1)
      assert.equal(unfolded(text).filter((line) => line.startsWith('SUMMARY')).length, 1)
      for (const line of lines(text)) assert.ok(Buffer.byteLength(line) <= 75, line)
      assert.equal(Buffer.from(text, 'utf8').toString('utf8'), text)
    })

  it('gives every text back to whoever reads it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (given) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what may not stand in a text is left out
        const clean = given.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, '')
        assert.equal(textOf(calendarText('n', [{ ...event, summary: given }], 0), 'SUMMARY'), clean)
      }),
    )
  })
})
