/** The weekly report on fatigue as its reader writes it: plain text, and the mail that carries it. Pure. */
import { visible } from '../model/csv-text.ts'
import type { Durations, FatigueReport } from '../model/fatigue.ts'
import { fill, type Language } from './words.ts'

const words = {
  en: {
    title: 'Alerts and people, {from} – {to}',
    figures: 'In figures',
    problems: 'Problems',
    told: '{told} of them were told',
    messages: 'Messages',
    mtta: 'Until acknowledged (MTTA)',
    mttr: 'Until over (MTTR)',
    median: 'median {median}, of {count}',
    acted: 'Acted upon',
    actedOf: '{acted} of {told} told',
    brief: 'Over within 10 min, untouched',
    wakeUps: 'Wakings at night',
    noisiest: 'Noisiest ten',
    noise: '{messages} messages, {problems} problems',
    contacts: 'By contact',
    load: '{messages} messages, {wakeUps} wakings at night',
    nights: 'Night by night',
    quiet: 'Nobody was sent a message.',
    more: 'The page: {link}',
    how: 'A night is from 22:00 to 7:00 where the contact lives; messages about problems within 15 minutes of each other wake once.',
    day: 'd',
  },
  it: {
    title: 'Allarmi e persone, {from} – {to}',
    figures: 'In cifre',
    problems: 'Problemi',
    told: 'di cui {told} notificati',
    messages: 'Messaggi',
    mtta: 'Fino alla presa in carico (MTTA)',
    mttr: 'Fino alla fine (MTTR)',
    median: 'mediana {median}, su {count}',
    acted: 'Presi in carico',
    actedOf: '{acted} di {told} notificati',
    brief: 'Finiti da soli entro 10 min',
    wakeUps: 'Risvegli notturni',
    noisiest: 'I dieci più rumorosi',
    noise: '{messages} messaggi, {problems} problemi',
    contacts: 'Per contatto',
    load: '{messages} messaggi, {wakeUps} risvegli notturni',
    nights: 'Notte per notte',
    quiet: 'Nessuno ha ricevuto messaggi.',
    more: 'La pagina: {link}',
    how: 'La notte va dalle 22 alle 7 dove vive il contatto; messaggi di problemi a meno di 15 minuti l’uno dall’altro svegliano una volta sola.',
    day: 'g',
  },
} as const

const locales: Record<Language, string> = { en: 'en-GB', it: 'it-IT' }

type Line = readonly [name: string, value: string]

interface Section {
  title: string
  lines: readonly Line[]
}

export interface FatigueText {
  subject: string
  text: string
  html: string
}

/** `link`: of the report's page; null = there is none to lead to. */
export function fatigueText(report: FatigueReport, language: Language, zone: string, link: string | null): FatigueText {
  const w = words[language]
  const day = new Intl.DateTimeFormat(locales[language], { timeZone: zone, day: 'numeric', month: 'short', year: 'numeric' })
  const subject = fill(w.title, { from: day.format(report.from), to: day.format(report.to - 1) })
  const sections = sectionsOf(report, language)
  const tail = [...(report.messages === 0 ? [w.quiet] : []), w.how, ...(link === null ? [] : [fill(w.more, { link })])]
  return { subject, text: plain(subject, sections, tail), html: marked(language, subject, sections, tail) }
}

function sectionsOf(report: FatigueReport, language: Language): Section[] {
  const w = words[language]
  const number = new Intl.NumberFormat(locales[language], { useGrouping: 'always', maximumFractionDigits: 1 })
  const night = new Intl.DateTimeFormat(locales[language], { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'short' })
  const count = (value: number) => number.format(value)
  const took = (of: Durations | null) =>
    of === null
      ? '—'
      : `${lasting(of.mean, w.day)} (${fill(w.median, { median: lasting(of.median, w.day), count: count(of.count) })})`
  const { told, acted } = report
  const share =
    told === 0 ? '—' : `${count((100 * acted) / told)} % (${fill(w.actedOf, { acted: count(acted), told: count(told) })})`
  const wakeUps = report.nights.reduce((sum, one) => sum + one.wakeUps, 0)
  const sections: Section[] = [
    {
      title: w.figures,
      lines: [
        [w.problems, `${count(report.problems)} (${fill(w.told, { told: count(told) })})`],
        [w.messages, count(report.messages)],
        [w.mtta, took(report.acknowledged)],
        [w.mttr, took(report.resolved)],
        [w.acted, share],
        [w.brief, count(report.brief)],
        [w.wakeUps, count(wakeUps)],
      ],
    },
    {
      title: w.noisiest,
      lines: report.noisiest.map(({ targetName, target, rule, messages, problems }) => [
        `${visible(targetName ?? target.id)} · ${visible(rule)}`,
        fill(w.noise, { messages: count(messages), problems: count(problems) }),
      ]),
    },
    {
      title: w.contacts,
      lines: report.contacts.map((one) => [
        visible(one.contact),
        fill(w.load, { messages: count(one.messages), wakeUps: count(one.wakeUps) }),
      ]),
    },
    {
      title: w.nights,
      lines: report.nights.map((one) => [night.format(Date.parse(`${one.evening}T12:00:00Z`)), count(one.wakeUps)]),
    },
  ]
  return sections.filter(({ lines }) => lines.length > 0)
}

/** The two largest units: `2 h 10 m`. */
function lasting(ms: number, day: string): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return `${Math.round(ms / 1000)} s`
  const parts: [number, string][] = [
    [Math.floor(minutes / 1440), day],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'm'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}

function plain(title: string, sections: readonly Section[], tail: readonly string[]): string {
  const shown = sections.map(({ title: heading, lines }) => {
    const width = Math.max(...lines.map(([name]) => [...name].length))
    const rows = lines.map(([name, value]) => `  ${name}${' '.repeat(width - [...name].length)}  ${value}`)
    return [heading, ...rows].join('\n')
  })
  return `${[title, ...shown, ...tail].join('\n\n')}\n`
}

function marked(language: Language, title: string, sections: readonly Section[], tail: readonly string[]): string {
  const cell = 'style="padding:4px 16px 4px 0;border-bottom:1px solid #e3e7ee;text-align:left;font-weight:400;vertical-align:top"'
  const tables = sections.map(
    ({ title: heading, lines }) =>
      `<h2 style="font-size:16px;margin:24px 0 4px">${escaped(heading)}</h2><table style="border-collapse:collapse;font-size:14px">${lines
        .map(([name, value]) => `<tr><th scope="row" ${cell}>${escaped(name)}</th><td ${cell}>${escaped(value)}</td></tr>`)
        .join('')}</table>`,
  )
  const ends = tail.map((line) => `<p style="font-size:13px;color:#5a6472">${linked(escaped(line))}</p>`)
  return `<html lang="${language}"><body style="font-family:'Titillium Web',Helvetica,Arial,sans-serif;color:#17202c"><h1 style="font-size:20px">${escaped(title)}</h1>${tables.join('')}${ends.join('')}</body></html>`
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)
/** Only the tail's own link stands at a line's end. */
const linked = (line: string) => line.replace(/https?:\/\/\S+$/, (url) => `<a href="${url}">${url}</a>`)
