import { z } from 'zod'
import { duration } from '../../config/fields.ts'
import { type CheckResult, type State, states } from '../../model/check.ts'
import type { Check } from '../../model/contract.ts'
import { parsePerfdata } from '../../model/perfdata.ts'
import { splitOutput } from '../../model/plugin-output.ts'
import { ask, type NrpeAnswer, type NrpeServer } from './ask.ts'
import type { NrpeVersion } from './packet.ts'

const file = z.string().min(1)

const config = z
  .strictObject({
    /** Where the server is. */
    host: z.string().min(1).default('$HOSTADDRESS$'),
    port: z.int().min(1).max(65_535).default(5666),
    /** As the server's nrpe.cfg names it. */
    command: z.string().regex(/^[^!\0\r\n]+$/, 'one command; its arguments stand in "arguments"'),
    /** Only servers with dont_blame_nrpe take them. */
    arguments: z.array(z.string().regex(/^[^!\0]*$/, 'NRPE cannot tell a "!" in an argument from the next one')).default([]),
    /** `auto`: 4, and older ones with servers that hang up on it. */
    version: z.union([z.literal('auto'), z.literal(2), z.literal(3), z.literal(4)]).default('auto'),
    /** `anonymous`: encrypted, but the server proves nothing; `{ca, cert, key, serverName}`: it does, and so do we; `none`. */
    tls: z
      .union([
        z.enum(['anonymous', 'none']),
        z.strictObject({ ca: file, cert: file.optional(), key: file.optional(), serverName: z.string().min(1).optional() }),
      ])
      .default('anonymous'),
    timeout: duration.prefault('10s'),
    /** What a server that does not answer in time means. */
    timeoutState: z.enum(['warning', 'critical', 'unknown']).default('critical'),
  })
  .refine(({ tls }) => typeof tls === 'string' || (tls.cert === undefined) === (tls.key === undefined), {
    path: ['tls'],
    message: 'cert and key go together',
  })

/** Asks NRPE agents, as check_nrpe does, but in this process: no program is started for it. */
export const plugin: Check<z.output<typeof config>> = {
  kind: 'check',
  name: 'nrpe',
  description: 'A command of a remote NRPE agent (protocol 2, 3 and 4, with or without TLS)',
  targets: ['device', 'instance', 'hypervisor', 'connection'],
  config,
  apart: true,
  async run({ config, target, macro = () => undefined, signal }) {
    const put = (text: string) => text.replace(/\$([A-Z_][^$]*)\$/g, (whole, name: string) => macro(name) ?? whole)
    const host = put(config.host)
    if (host.startsWith('$')) return unknown(`nobody knows an address of ${target.name ?? target.id}: write host`)
    const { port, tls, timeout, timeoutState } = config
    const values = config.arguments.map(put)
    if (values.some((value) => value.includes('!') || value.includes('\0'))) return unknown('an argument holds "!" or NUL')
    const question = [config.command, ...values].join('!')
    const versions: readonly NrpeVersion[] = config.version === 'auto' ? [4, 3, 2] : [config.version]
    const answer = await askAny({ host, port, tls }, versions, question, timeout, signal)
    return resultOf(answer, timeoutState)
  },
}

/** Old servers hang up on newer packets; an answer, and any other trouble, ends the search. */
async function askAny(
  server: NrpeServer,
  versions: readonly NrpeVersion[],
  question: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<NrpeAnswer> {
  const until = performance.now() + timeoutMs
  let answer: NrpeAnswer = { ok: false, kind: 'protocol', reason: 'no version to ask with' }
  for (const version of versions) {
    answer = await ask(server, version, question, Math.max(1, until - performance.now()), signal)
    if (answer.ok || answer.kind !== 'old') break
  }
  return answer
}

/** States and words are check_nrpe's. */
export function resultOf(answer: NrpeAnswer, timeoutState: State): CheckResult {
  if (!answer.ok) {
    const { kind, reason } = answer
    if (kind === 'timeout')
      return { state: timeoutState, output: `CHECK_NRPE STATE ${timeoutState.toUpperCase()}: ${reason}`, perfdata: [] }
    if (kind === 'connect') return { state: 'critical', output: reason, perfdata: [] }
    return { state: kind === 'tls' ? 'critical' : 'unknown', output: `CHECK_NRPE: ${reason}`, perfdata: [] }
  }
  const { text, longText, perfdata } = splitOutput(answer.text)
  return {
    state: states[answer.code] ?? 'unknown',
    output: text || 'CHECK_NRPE: No output returned from daemon.',
    ...(longText ? { longOutput: longText } : {}),
    perfdata: parsePerfdata(perfdata ?? '').items,
  }
}

const unknown = (output: string): CheckResult => ({ state: 'unknown', output, perfdata: [] })
