import { type Line, numberText, type SeriesData } from './chart-data.ts'

interface Shown {
  data: SeriesData
  lines: readonly Line[]
  timeText(time: number): string
}

/** The numbers behind a drawing, on demand: for screen readers, and for whoever wants to be exact. */
export function numbersTable(figure: HTMLElement, words: Record<string, string>, shown: () => Shown): void {
  const button = figure.querySelector<HTMLButtonElement>('[data-table]')
  button?.addEventListener('click', () => {
    const open = figure.querySelector('.numbers-table')
    button.setAttribute('aria-expanded', String(!open))
    if (open) open.remove()
    else figure.append(build(figure, words, shown()))
  })
}

function build(figure: HTMLElement, words: Record<string, string>, { data, lines, timeText }: Shown): HTMLElement {
  const box = document.createElement('div')
  box.className = 'numbers-table'
  box.tabIndex = 0
  const title = `${figure.querySelector('strong')?.textContent ?? ''} ${figure.querySelector('[data-unit-shown]')?.textContent ?? ''}`
  box.setAttribute('role', 'region')
  box.setAttribute('aria-label', title)
  const table = document.createElement('table')
  table.createCaption().textContent = title
  const head = table.createTHead().insertRow()
  for (const text of [words.time ?? '', ...lines.map((line) => line.title)]) {
    const cell = document.createElement('th')
    cell.scope = 'col'
    cell.textContent = text
    head.append(cell)
  }
  const body = table.createTBody()
  data.t.forEach((time, index) => {
    const line = body.insertRow()
    const name = document.createElement('th')
    name.scope = 'row'
    name.textContent = timeText(time)
    line.append(name)
    for (const { values } of lines) {
      const cell = line.insertCell()
      cell.className = 'num'
      cell.textContent = numberText(values[index] ?? Number.NaN)
    }
  })
  box.append(table)
  return box
}
