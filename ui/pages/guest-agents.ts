import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Route } from '../route.ts'

/** User data that puts gmond and an NRPE agent into an instance. */
const userData = readFileSync(join(import.meta.dirname, '..', '..', 'config', 'guest-agents.yaml'), 'utf8')

export const guestAgentsPage: Route = {
  method: 'get',
  path: '/guest-agents',
  async handle(visit) {
    return { kind: 'page', view: 'guest-agents', title: visit.t('agents.title'), model: { userData } }
  },
}
