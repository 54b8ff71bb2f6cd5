import { type Line, numberText, statistics } from './chart-data.ts'

const svg = 'http://www.w3.org/2000/svg'

/** The legend is the table of numbers: name, value at the cursor or last, mean, max. A click leaves one line alone. */
export function legend(
  figure: HTMLElement,
  lines: readonly Line[],
  words: Record<string, string>,
  index: number | null,
  when: string | null,
  solo: (key: string) => void,
): void {
  const place = figure.querySelector('.legend')
  if (!place) return
  const focused = place.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.field : undefined
  const table = document.createElement('table')
  const head = row(table.createTHead(), 'th', [
    when ?? '',
    when === null ? (words.last ?? '') : '',
    words.mean ?? '',
    words.max ?? '',
  ])
  for (const cell of head.cells) cell.scope = 'col'
  const body = table.createTBody()
  for (const line of lines) {
    const numbers = statistics(line.values)
    const now = index === null ? numbers?.last : line.values[index]
    const texts = [now, numbers?.mean, numbers?.max].map((value) => numberText(value ?? Number.NaN))
    const cells = row(body, 'td', ['', ...texts])
    const name = document.createElement('th')
    name.scope = 'row'
    name.append(button(line, words, solo))
    cells.cells[0]?.replaceWith(name)
  }
  place.replaceChildren(table)
  if (focused !== undefined) place.querySelector<HTMLElement>(`[data-field="${CSS.escape(focused)}"]`)?.focus()
}

function row(part: HTMLTableSectionElement, kind: 'th' | 'td', texts: readonly string[]) {
  const line = part.insertRow()
  texts.forEach((text, index) => {
    // An empty header cell is a data cell: there is nothing to announce.
    const cell = document.createElement(text === '' ? 'td' : kind)
    cell.textContent = text
    if (index > 0) cell.className = 'num'
    line.append(cell)
  })
  return line as HTMLTableRowElement & { cells: HTMLCollectionOf<HTMLTableCellElement> }
}

function button(line: Line, words: Record<string, string>, solo: (key: string) => void) {
  const element = document.createElement('button')
  element.type = 'button'
  element.dataset.field = line.key
  element.className = line.shown ? '' : 'is-off'
  element.title = (words.solo ?? '').replace('—', line.title)
  const key = document.createElementNS(svg, 'svg')
  key.setAttribute('class', 'key')
  key.setAttribute('viewBox', '0 0 16 4')
  key.setAttribute('aria-hidden', 'true')
  const stroke = document.createElementNS(svg, 'path')
  stroke.setAttribute('d', 'M0 2h16')
  stroke.setAttribute('stroke', line.colour)
  stroke.setAttribute('stroke-width', '3')
  if (line.dash.length > 0) stroke.setAttribute('stroke-dasharray', line.dash.join(' '))
  key.append(stroke)
  element.append(key, line.title)
  element.addEventListener('click', () => solo(line.key))
  return element
}
