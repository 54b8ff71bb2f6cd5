/** Selectors over labels, as rules write them. */
import { z } from 'zod'
import { safePattern } from '../model/safe-pattern.ts'
import type { Requirement, Selector } from '../model/selector.ts'

const value = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const values = z.union([value.transform((one) => [one]), z.array(value).min(1)])

const pattern = z.string().transform((source, ctx): RegExp => {
  const read = safePattern(source)
  if (read.ok) return read.pattern
  ctx.addIssue({ code: 'custom', message: `not a pattern that can be used: ${read.message}` })
  return z.NEVER
})

const tests = z.strictObject({
  in: values.optional(),
  notIn: values.optional(),
  like: values.optional(),
  notLike: values.optional(),
  regex: pattern.optional(),
  notRegex: pattern.optional(),
  exists: z.boolean().optional(),
})

const known = [
  ...['kind', 'id', 'name', 'project', 'project_name', 'project_tag', 'host', 'aggregate'],
  ...['user', 'flavor', 'image', 'state', 'az', 'tag'],
]
const isLabel = (label: string) => known.includes(label) || /^meta\..{1,255}$/.test(label)

/**
 * `az: nova`, `flavor: ["m1.*", "c1.*"]` (`*` stands for any text), or tests: in, notIn, like, notLike, regex, notRegex (both
 * match the whole value), exists. All labels and all tests must hold.
 */
export const selectorField = z
  .record(z.string(), z.union([values, tests]))
  .superRefine((written, ctx) => {
    for (const label of Object.keys(written)) {
      if (isLabel(label)) continue
      const message = `no such label (known: ${known.join(', ')}, meta.KEY)`
      ctx.addIssue({ code: 'custom', path: [label], message, input: written })
    }
  })
  .transform(
    (written): Selector =>
      Object.entries(written).flatMap(([name, given]): Requirement[] => {
        if (Array.isArray(given)) return [{ label: name, test: 'like', values: given }]
        const { exists, regex, notRegex } = given
        const lists = (['in', 'notIn', 'like', 'notLike'] as const).flatMap((test): Requirement[] => {
          const asked = given[test]
          return asked ? [{ label: name, test, values: asked }] : []
        })
        return [
          ...lists,
          ...(regex ? [{ label: name, test: 'regex' as const, pattern: regex }] : []),
          ...(notRegex ? [{ label: name, test: 'notRegex' as const, pattern: notRegex }] : []),
          ...(exists === undefined ? [] : [{ label: name, test: exists ? ('exists' as const) : ('absent' as const) }]),
        ]
      }),
  )
