/** Handlebars templates in a configuration: written there, or in a file of their own. */
import { readFileSync, statSync } from 'node:fs'
import Handlebars from 'handlebars'
import { z } from 'zod'

/** What a template may call beside Handlebars' own block helpers; cli/render.ts gives them their meaning. */
export const templateHelpers = ['json'] as const

const known = Object.fromEntries(templateHelpers.map((name) => [name, true]))

/** Handlebars would read the brace of a JSON object behind `{{json x}}` as the end of `{{{`: a blank keeps them apart. */
const apart = (text: string) => text.replace(/(?<!\{)(\{\{json\s[^{}]*\}\})(?=\})/g, '$1 ')

/** What is wrong with a template, and in which of its lines; null = it can be used. */
export function templateMistake(text: string): { line: number; message: string } | null {
  try {
    Handlebars.precompile(apart(text), { knownHelpers: known, knownHelpersOnly: true })
    const partial = /\{\{~?#?>\s*([^\s}]+)/.exec(text)
    if (!partial) return null
    return { line: lineAt(text, partial.index), message: `there are no partials: "${partial[1]}"` }
  } catch (error) {
    const { message, lineNumber } = error as Error & { lineNumber?: number }
    const line = /^Parse error on line (\d+)/.exec(message)?.[1] ?? /- (\d+):\d+$/.exec(message)?.[1] ?? lineNumber
    const hint = /got 'CLOSE_UNESCAPED'$/.test(message) ? ' (write a blank between "}}" and "}")' : ''
    return { line: Number(line ?? 1), message: (message.split('\n').at(-1) as string).replace(/ - \d+:\d+$/, '') + hint }
  }
}

const lineAt = (text: string, at: number) => text.slice(0, at).split('\n').length

/**
 * A template that can be used. One in a file may be changed while Specola runs: it is read anew, and as long as what is there
 * cannot be used, the last that could is.
 */
export class Template {
  readonly #file: string | null
  #text: string
  /** The newest text that a message was made with. */
  #good: string | null = null
  #stamp: string
  #mistake: string | null = null

  constructor(text: string, file: string | null) {
    this.#text = text
    this.#file = file
    this.#stamp = file === null ? '' : stampOf(file)
  }

  /** Made with this template, else with the last good one, else with `builtIn`; `notice` says why it was not this one. */
  render(
    engine: (template: string, data: unknown) => string,
    data: unknown,
    builtIn: () => string,
    usable: (text: string) => string | null = () => null,
  ): { text: string; notice: string | null } {
    this.#readAnew()
    let notice = this.#mistake
    for (const template of new Set([this.#text, this.#good])) {
      if (template === null) continue
      const made = tried(() => engine(apart(template), data), usable)
      if (made.ok) {
        this.#good = template
        return { text: made.text, notice: notice && `${notice}; the last good template is used` }
      }
      notice ??= `${this.#place}: ${made.message}`
    }
    return { text: builtIn(), notice: `${notice}; the built-in one is used` }
  }

  get #place(): string {
    return this.#file ?? 'template'
  }

  #readAnew(): void {
    if (this.#file === null) return
    const stamp = stampOf(this.#file)
    if (stamp === this.#stamp) return
    this.#stamp = stamp
    try {
      const text = readFileSync(this.#file, 'utf8')
      const mistake = templateMistake(text)
      if (mistake) this.#mistake = `${this.#file}:${mistake.line}: ${mistake.message}`
      else {
        this.#mistake = null
        this.#text = text
      }
    } catch (error) {
      this.#mistake = `${this.#file}: cannot read it: ${(error as NodeJS.ErrnoException).code}`
    }
  }
}

/** Size and time, or nothing where there is no file. */
function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.size} ${found.mtimeMs}` : ''
}

type Tried = { ok: true; text: string } | { ok: false; message: string }

function tried(make: () => string, usable: (text: string) => string | null): Tried {
  try {
    const text = make()
    const wrong = usable(text)
    return wrong === null ? { ok: true, text } : { ok: false, message: wrong }
  } catch (error) {
    return { ok: false, message: (error as Error).message }
  }
}

/** The text itself, or `{file: /path}`. What Handlebars does not understand is refused with its line. */
export const template = z
  .union([z.string(), z.strictObject({ file: z.string().min(1) })], { error: 'write the template here, or {file: /path/to/it}' })
  .transform((source, ctx) => {
    const file = typeof source === 'string' ? null : source.file
    try {
      const text = typeof source === 'string' ? source : readFileSync(source.file, 'utf8')
      const mistake = templateMistake(text)
      if (!mistake) return new Template(text, file)
      const place = file === null ? `line ${mistake.line} of the template` : `${file}:${mistake.line}`
      ctx.addIssue({ code: 'custom', message: `${place}: ${mistake.message}` })
    } catch (error) {
      ctx.addIssue({ code: 'custom', message: `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}` })
    }
    return z.NEVER
  })
