/** A clue as one line in the reader's language: how long before the problem, what, to what, by whom. */
import type { Clue } from './clue.ts'

type Language = 'it' | 'en'

const words = {
  en: {
    before: (ago: string) => `${ago} before`,
    same: 'at the same time',
    by: (actor: string) => ` by ${actor}`,
    failed: ', failed',
    rules: 'the rules of Specola changed',
    configuration: 'the configuration of Specola changed',
    neighbour: (name: string, cores: string, alike: string) => `its neighbour ${name} used ${cores} CPUs${alike}`,
    alike: (share: string) => `, ${share} % in step with its steal`,
  },
  it: {
    before: (ago: string) => `${ago} prima`,
    same: 'nello stesso momento',
    by: (actor: string) => ` da ${actor}`,
    failed: ', fallita',
    rules: 'sono cambiate le regole di Specola',
    configuration: 'è cambiata la configurazione di Specola',
    neighbour: (name: string, cores: string, alike: string) => `la vicina ${name} ha usato ${cores} CPU${alike}`,
    alike: (share: string) => `, al ${share} % in accordo con il suo steal`,
  },
} as const

/** `began`: of the problem, epoch ms. */
export function clueText(clue: Clue, began: number, language: Language): string {
  const { before, same } = words[language]
  const ago = Math.round((began - clue.at) / 1000)
  const when = clue.kind === 'neighbour' || ago <= 0 ? same : before(ago < 120 ? `${ago} s` : `${Math.round(ago / 60)} min`)
  return `${when}: ${whatOf(clue, language)}`
}

function whatOf({ kind, what, subject, actor, failed, cores = 0, alike = null }: Clue, language: Language): string {
  const say = words[language]
  const name = subject.name ?? subject.id
  if (kind === 'settings') return what === 'rules' ? say.rules : say.configuration
  if (kind === 'neighbour') {
    const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(cores)
    return say.neighbour(name, number, alike === null ? '' : say.alike(String(Math.round(alike * 100))))
  }
  return `${what} ${name}${actor === null ? '' : say.by(actor)}${failed ? say.failed : ''}`
}

/** `47 instances of 6 projects: a, b, c … and 44 more`. */
export function carriedText(
  { instances, projects, names, more }: { instances: number; projects: number; names: readonly string[]; more: number },
  language: Language,
): string {
  const it = language === 'it'
  const count = it
    ? `${instances} ${instances === 1 ? 'istanza' : 'istanze'} di ${projects} ${projects === 1 ? 'progetto' : 'progetti'}`
    : `${instances} ${instances === 1 ? 'instance' : 'instances'} of ${projects} ${projects === 1 ? 'project' : 'projects'}`
  const rest = more === 0 ? '' : it ? ` … e altre ${more}` : ` … and ${more} more`
  return names.length === 0 ? count : `${count}: ${names.join(', ')}${rest}`
}
