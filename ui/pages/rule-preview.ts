import { AppError } from '../../model/contract.ts'
import type { PreviewAnswer, RulePreview } from '../../model/rule-preview.ts'
import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'

const dayMs = 86_400_000
const lengths = { '6h': dayMs / 4, '1d': dayMs, '7d': 7 * dayMs, '30d': 30 * dayMs } as const
type Length = keyof typeof lengths
const isLength = (text: string | null): text is Length => text !== null && Object.hasOwn(lengths, text)
const longestText = 250_000

/** What a changed rules file would have done. */
export const previewPage: Route = {
  method: 'get',
  path: '/rules/preview',
  async handle(visit): Promise<Reply> {
    const only = visit.query.get('rule')?.slice(0, 64) ?? ''
    return page(visit, { text: visit.deps.previews.current(), since: '1d', only })
  },
}

export const previewRules: Route = {
  method: 'post',
  path: '/rules/preview',
  async handle(visit, form): Promise<Reply> {
    const text = (form.get('text') ?? '').slice(0, longestText)
    const asked = form.get('since')
    const since = isLength(asked) ? asked : '1d'
    const only = (form.get('only') ?? '').trim().slice(0, 500)
    const names = only.split(/[\s,]+/).filter((name) => name !== '')
    const given = { text, since, only }
    try {
      const request = { text, sinceMs: lengths[since], only: names }
      return page(visit, given, await visit.deps.previews.preview(request, AbortSignal.timeout(120_000)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return page(visit, { ...given, wrong: error.message })
    }
  },
}

interface Given {
  text: string
  since: Length
  only: string
  wrong?: string
}

async function page(visit: Visit, given: Given, answer?: PreviewAnswer): Promise<Reply> {
  const errors = answer && !answer.ok ? answer.errors : null
  return {
    kind: 'page',
    view: 'rule-preview',
    title: visit.t('rules.preview'),
    status: errors || given.wrong !== undefined ? 400 : 200,
    crumbs: [{ title: visit.t('nav.rules'), href: '/rules' }, { title: visit.t('rules.preview') }],
    model: {
      ...given,
      since: Object.keys(lengths).map((value) => ({
        value,
        title: visit.t(`rules.since.${value}`),
        chosen: value === given.since,
      })),
      errors: errors?.map((error) => ({ ...error, place: `${error.line}:${error.column}` })) ?? null,
      result: answer?.ok ? await resultOf(visit, answer.preview) : null,
    },
  }
}

async function resultOf(visit: Visit, preview: RulePreview) {
  const quiet = preview.rules.filter(({ found, real }) => found === 0 && real === 0)
  return {
    ...preview,
    rules: preview.rules
      .filter((rule) => !quiet.includes(rule))
      .map((rule) => ({ ...rule, fresh: rule.found - rule.also, source: visit.t(`rules.from.${rule.from}`) })),
    quiet: quiet.map(({ name }) => name).join(', '),
    quietCount: quiet.length,
    seconds: preview.tookMs / 1000,
    problems: preview.problems.map((problem) => ({
      ...problem,
      name: problem.target.name ?? problem.target.id,
      word: visit.t(`state.${problem.state}`),
      lasted: problem.to === null ? null : problem.to - problem.from,
      told: problem.told.join(', '),
    })),
    more: preview.problemCount - preview.problems.length,
  }
}
