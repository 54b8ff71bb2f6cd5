/** Shifts as an iCalendar (RFC 5545). Times are UTC, so that no calendar needs to know a zone's rules. Pure. */

export interface CalendarEvent {
  /** The same as long as it is the same event: calendars update it by this. */
  uid: string
  from: number
  to: number
  summary: string
  description: string
}

const encoder = new TextEncoder()
const longestLine = 75

/** `name` is what calendars show; `stamp` when it was made, epoch ms. */
export function calendarText(name: string, events: readonly CalendarEvent[], stamp: number): string {
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Specola//On call//EN', 'CALSCALE:GREGORIAN', 'METHOD:PUBLISH'],
    ...[`X-WR-CALNAME:${escaped(name)}`, 'REFRESH-INTERVAL;VALUE=DURATION:PT1H', 'X-PUBLISHED-TTL:PT1H'],
    ...events.flatMap((event) => [
      'BEGIN:VEVENT',
      `UID:${escaped(event.uid)}`,
      `DTSTAMP:${utc(stamp)}`,
      `DTSTART:${utc(event.from)}`,
      `DTEND:${utc(event.to)}`,
      `SUMMARY:${escaped(event.summary)}`,
      ...(event.description === '' ? [] : [`DESCRIPTION:${escaped(event.description)}`]),
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ]
  return `${lines.map(folded).join('\r\n')}\r\n`
}

const utc = (at: number) => new Date(at).toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')

/** Section 3.3.11; what may not stand in a text at all is left out. */
const escaped = (text: string) =>
  text
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, '')
    .toWellFormed()
    .replace(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n')

/** Section 3.1: no line is longer than 75 octets, and no character is cut in two. */
function folded(line: string): string {
  const parts: string[] = []
  let part = ''
  let length = 0
  for (const character of line) {
    const octets = encoder.encode(character).length
    // a line that goes on begins with a blank
    if (length + octets > (parts.length === 0 ? longestLine : longestLine - 1)) {
      parts.push(part)
      part = ''
      length = 0
    }
    part += character
    length += octets
  }
  return [...parts, part].join('\r\n ')
}
