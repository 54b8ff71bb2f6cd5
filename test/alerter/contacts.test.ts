import assert from 'node:assert/strict'
import { z } from 'zod'
import type { Alert } from '../../alerter/alert.ts'
import { reachContacts } from '../../alerter/contacts.ts'
import { alerterSection } from '../../alerter/section.ts'
import type { Notifier, TargetKind } from '../../model/contract.ts'
import { checked } from '../support/alerting.ts'

const kept: Notifier = {
  ...{ kind: 'notifier', name: 'kept', description: 'keeps messages', config: z.strictObject({}) },
  send: async () => ({ ok: true }),
}
const rule = { name: 'budget', importance: 0, alert: { repeatMs: 0 } as Alert['rule'] }
const alert = {
  kind: 'problem',
  check: { state: { state: 'critical' }, told: { states: [] } },
  rule: rule.alert,
} as unknown as Alert

describe('what a project spends', () => {
  const told = (section: string, kind: TargetKind) =>
    reachContacts(checked(section, alerterSection([kept])), rule, { kind, project: 'p1' }, alert, 3, 0).recipients.map(
      ({ contact }) => contact.name,
    )
  const contacts = `contacts: [{ name: mara, role: manager, projects: [p1], kept: box-m }, { name: olga, role: oncall, kept: box-o },
    { name: nino, role: noc, kept: box-n }, { name: ada, role: admin, kept: box-a }]`

  it('is told to those who may see money', () => {
    assert.deepEqual(told(`{ kept: {}, ${contacts} }`, 'project'), ['mara', 'ada'])
    assert.deepEqual(told(`{ kept: {}, ${contacts} }`, 'instance'), ['mara', 'olga', 'nino', 'ada'])
  })

  it('is told to no other, also when an escalation names them', () => {
    const escalated = `{ kept: {}, ${contacts}, escalations: [{ first: 2, contacts: [olga, ada] }] }`
    assert.deepEqual(told(escalated, 'project'), ['ada'])
    assert.deepEqual(told(escalated, 'instance'), ['olga', 'ada'])
  })
})
