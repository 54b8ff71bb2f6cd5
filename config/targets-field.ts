/** Which targets something is for, as rules, downtimes and services write it. */
import { z } from 'zod'
import { targetKinds } from '../model/target.ts'
import { selectorField } from './selector-field.ts'

const list = z.array(z.string().min(1)).optional()

export const targetsField = z.strictObject({
  kinds: z.array(z.enum(targetKinds)).min(1).optional(),
  projects: list,
  hosts: list,
  names: list,
  notNames: list,
  match: selectorField.optional(),
})
