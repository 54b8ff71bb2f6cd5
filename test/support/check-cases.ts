import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { CauseView } from '../../model/cause.ts'
import { states } from '../../model/check.ts'
import { type Check, type Target, targetKinds } from '../../model/contract.ts'
import type { ComponentHealth } from '../../model/health.ts'
import { printPerfdata } from '../../model/perfdata.ts'
import { instance } from './alerting.ts'
import { SamplesInMemory } from './samples-in-memory.ts'

const now = Date.UTC(2026, 10, 22, 12)

/** One situation and what the check says. Times are seconds before now. */
const caseSchema = z.strictObject({
  title: z.string(),
  config: z.record(z.string(), z.unknown()).default({}),
  target: z.strictObject({
    kind: z.enum(targetKinds).default('instance'),
    id: z.string(),
    host: z.string().optional(),
  }),
  /** For instances: Nova's state, and how long ago it was launched. */
  nova: z.string().nullable().default(null),
  launched: z.number().optional(),
  samples: z
    .array(
      z.strictObject({
        measurement: z.string().default('instance'),
        ago: z.number(),
        tags: z.record(z.string(), z.string()),
        fields: z.record(z.string(), z.number()),
      }),
    )
    .default([]),
  health: z
    .array(
      z.strictObject({
        component: z.string(),
        kind: z.string(),
        state: z.string(),
        since: z.number(),
        detail: z.string(),
        host: z.string().optional(),
        numbers: z.record(z.string(), z.number()).default({}),
      }),
    )
    .default([]),
  /** For projects. */
  budget: z
    .strictObject({
      ...{ budget: z.number(), spent: z.number(), thresholds: z.array(z.number()) },
      forecast: z.strictObject({ low: z.number(), expected: z.number(), high: z.number() }),
    })
    .optional(),
  /** For causes: what is carried, by name: seconds since it began to fail, `s10` silent, `x10` explained otherwise, null works. */
  cause: z
    .strictObject({
      of: z.enum(['zone', 'hypervisor', 'instance', 'network', 'port']),
      before: z.enum(['ok', 'warning', 'critical', 'nodata']).optional(),
      since: z.number().default(0),
      fails: z.boolean().default(false),
      carried: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
    })
    .optional(),
  impact: z
    .strictObject({
      of: z.number(),
      affected: z.array(z.strictObject({ id: z.string(), name: z.string().nullable(), silent: z.boolean() })),
    })
    .optional(),
  expect: z
    .strictObject({
      state: z.enum([...states, 'nodata']),
      output: z.string(),
      perfdata: z.string().default(''),
    })
    .nullable(),
})

/** Runs every cases/*.yaml of a check's folder. Call inside `describe`. */
export function checkCases<C>(folder: string, check: Check<C>): void {
  for (const file of readdirSync(join(folder, 'cases')).sort())
    for (const given of z.array(caseSchema).parse(parse(readFileSync(join(folder, 'cases', file), 'utf8'))))
      it(given.title, async () => {
        const { kind, id, host } = given.target
        const known = instance(id, {
          ...{ state: given.nova, host: host ?? null },
          launchedAt: given.launched === undefined ? 0 : now - given.launched * 1000,
        })
        const target: Target = {
          kind,
          id,
          name: id,
          project: null,
          host: host ?? null,
          instance: kind === 'instance' ? known : null,
          ...(given.budget && { budget: { ...given.budget, project: id, name: id, currency: 'EUR', month: '2026-11', at: now } }),
        }
        const store = new SamplesInMemory()
        store.samples = given.samples.map(({ measurement, ago, tags, fields }) => ({
          measurement,
          tags,
          fields,
          time: now - ago * 1000,
        }))
        const health = given.health.map((entry) => ({ ...entry, since: now - entry.since * 1000, at: now }) as ComponentHealth)
        const config = check.config.parse(given.config)
        const signal = new AbortController().signal
        const { cause, impact } = given
        const result = await check.run({
          ...{ config, target, store, health: { all: () => health }, now, signal },
          ...(cause && { cause: () => causeView(cause) }),
          ...(impact && { impact: () => impact }),
        })
        const told = result && { state: result.state, output: result.output, perfdata: printPerfdata(result.perfdata) }
        assert.deepEqual(told, given.expect)
      })
}

function causeView({ of, before, since, fails, carried }: NonNullable<z.output<typeof caseSchema>['cause']>): CauseView {
  return {
    ...{ of, fails, settling: false, back: null },
    before: before === undefined ? null : { state: before, since: now - since * 1000 },
    carried: Object.entries(carried).map(([id, begun]) => ({
      ...{ id, name: id, project: null, silent: String(begun).startsWith('s'), explained: String(begun).startsWith('x') },
      begun: begun === null ? null : now - Number(String(begun).replace(/^[sx]/, '')) * 1000,
    })),
  }
}
