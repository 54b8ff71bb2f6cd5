/** A Nagios command as a list of arguments in which only those macros are left that have to wait until it runs. */
import { argumentsOf } from './command-line.ts'
import { type MacroContext, splitCall } from './macros.ts'

export type Words =
  | { ok: true; words: string[] }
  /** `line` is what a shell would have to run, with the same macros left. */
  | { ok: false; reason: string; line: string }

const mostArguments = 32
/** Stands for text that is no syntax, whatever it holds: from the private use area, which no command holds. */
const firstMark = 0xe000

/**
 * `$ARGn$` is the operator's own text and is cut into words with the rest, quotes and all; so are custom variables where they hold
 * nothing but plain words. Everything else stays one argument, or a part of one.
 */
export function commandWords(template: string, call: string, context: MacroContext): Words {
  const { args } = splitCall(call)
  const line = settled(template, args, context)
  const kept: string[] = []
  const keep = (text: string) => String.fromCharCode(firstMark + kept.push(text) - 1)
  const marked = pieces(line)
    .map((piece) => {
      if (piece.macro === null) return piece.text
      if (piece.macro === '') return keep('$$')
      const custom = customValue(piece.macro, context)
      return keep(custom === undefined ? `$${piece.macro}$` : custom.replaceAll('$', '$$$$'))
    })
    .join('')
  const split = argumentsOf(marked)
  if (!split.ok) return { ok: false, reason: split.reason.replace(/ at character \d+/, ''), line }
  const whole = (word: string) =>
    Array.from(word, (char) => kept[char.charCodeAt(0) - firstMark] ?? (char === '$' ? '$$' : char)).join('')
  return { ok: true, words: split.arguments.map(whole) }
}

/** The line with everything put in that is text of the operator's; macros that it holds stay. */
function settled(text: string, args: readonly string[], context: MacroContext): string {
  return pieces(text)
    .map(({ text: plain, macro }) => {
      if (macro === null) return plain
      const n = Number(/^ARG(\d+)$/.exec(macro)?.[1] ?? Number.NaN)
      if (n >= 1 && n <= mostArguments) return settled(args[n - 1] ?? '', [], context)
      const custom = customValue(macro, context)
      return custom !== undefined && /^[\w\s.,:/=%+@-]*$/.test(custom) ? custom : `$${macro}$`
    })
    .join('')
}

const customValue = (name: string, { host, service }: MacroContext): string | undefined => {
  const [, of, variable] = /^_(HOST|SERVICE)([^a-z:]+)$/.exec(name) ?? []
  return of === undefined ? undefined : (of === 'HOST' ? host : service)?.custom.get(`_${variable}`)
}

/** Text and macros in turn; `macro` empty = `$$`. A dollar that begins no macro is text. */
function pieces(text: string): { text: string; macro: string | null }[] {
  const found: { text: string; macro: string | null }[] = []
  let at = 0
  for (const match of text.matchAll(/\$([A-Z_][A-Z0-9_]*(?::[^$]*)?|)\$/g)) {
    found.push({ text: text.slice(at, match.index), macro: null }, { text: '', macro: match[1] as string })
    at = match.index + match[0].length
  }
  return [...found, { text: text.slice(at), macro: null }]
}
