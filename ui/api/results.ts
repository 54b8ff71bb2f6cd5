/** Results of checks that others make, pushed in with a token. */
import express, { type Express, type Request, type Response } from 'express'
import { z } from 'zod'
import type { Secret } from '../../config/fields.ts'
import { states } from '../../model/check.ts'
import type { PassiveResult } from '../../model/contract.ts'
import { parsePerfdata } from '../../model/perfdata.ts'
import { splitOutput } from '../../model/plugin-output.ts'
import { accessOf } from '../chrome.ts'
import type { ResultsDoor } from '../results-door.ts'
import { bearerIs } from './bearer.ts'

const result = z
  .strictObject({
    target: z.string().min(1).max(300),
    rule: z.string().min(1).max(64),
    state: z.enum(['ok', 'warning', 'critical', 'unknown']).optional(),
    /** A plugin's exit code, instead of the state; outside 0…3 it is unknown. */
    exit: z.int().optional(),
    /** As a plugin prints it: text, `|`, perfdata, further lines. */
    output: z.string().max(8192).default(''),
  })
  .refine(({ state, exit }) => (state === undefined) !== (exit === undefined), 'give either "state" or "exit"')
const body = z.union([z.strictObject({ results: z.array(result).min(1).max(1000) }), result])

/** `POST /api/v1/results`: `{target, rule, state | exit, output}`, or `{results: […]}`. */
export function resultsRoute(app: Express, door: ResultsDoor): void {
  accessOf('post', '/api/v1/results')
  app.post('/api/v1/results', express.json({ limit: '1mb' }), async (req, res) => {
    if (!knows(door.tokens, req)) return answer(res.set('WWW-Authenticate', 'Bearer'), 401, { error: 'a valid token is needed' })
    const read = body.safeParse(req.body)
    if (!read.success) return answer(res, 400, { error: z.prettifyError(read.error) })
    const given = 'results' in read.data ? read.data.results : [read.data]
    const taken = await door.submit(given.map(resultOf))
    const refused = taken.flatMap((one, index) => (one.ok ? [] : [{ index, reason: one.reason }]))
    answer(res, refused.length === given.length ? 422 : 200, { taken: given.length - refused.length, refused })
  })
}

const answer = (res: Response, status: number, value: object) =>
  void res.status(status).set('Cache-Control', 'no-store').json(value)

/** Every token is compared. */
function knows(tokens: ReadonlyMap<string, Secret>, { headers: { authorization } }: Request): boolean {
  let known = false
  for (const token of tokens.values()) if (bearerIs(token, authorization)) known = true
  return known
}

function resultOf({ target, rule, state, exit, output }: z.output<typeof result>): PassiveResult {
  const { text, longText, perfdata } = splitOutput(output)
  return {
    ...{ target, rule, state: state ?? states[exit ?? 3] ?? 'unknown', output: text ?? '' },
    ...(longText ? { longOutput: longText } : {}),
    perfdata: parsePerfdata(perfdata ?? '').items,
  }
}
