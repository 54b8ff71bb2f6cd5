import type { Preferences } from '../../model/access.ts'
import { AppError } from '../../model/contract.ts'
import { homeOf } from '../access.ts'
import type { Reply, Route } from '../route.ts'
import type { Visit } from '../visit.ts'
import { backTo } from './acknowledge.ts'

/** A person's own affairs: home, password, preferences, leaving. */
export const home: Route = {
  method: 'get',
  path: '/',
  handle: async (visit) => ({ kind: 'redirect', to: homeOf(visit.viewer) }),
}

export const logout: Route = {
  method: 'post',
  path: '/logout',
  async handle(visit) {
    await note(visit, 'session.close', null)
    return { kind: 'close', to: '/login' }
  },
}

/** Asked by open pages now and then: keeps an attended session awake. */
export const sessionState: Route = {
  method: 'get',
  path: '/session',
  handle: async (visit) => ({ kind: 'json', body: { account: visit.viewer.account, time: visit.now } }),
}

export const passwordForm: Route = {
  method: 'get',
  path: '/password',
  handle: async (visit) => passwordPage(visit, null),
}

export const setPassword: Route = {
  method: 'post',
  path: '/password',
  async handle(visit, form) {
    const { accounts } = visit.deps
    const name = visit.viewer.account
    const account = await accounts.account(name)
    const password = form.get('password') ?? ''
    if (account?.hasPassword && !(await accounts.checkPassword(name, form.get('current') ?? '')))
      return passwordPage(visit, visit.t('password.current.wrong'))
    if (password !== form.get('again')) return passwordPage(visit, visit.t('password.different'))
    try {
      await accounts.setPassword(name, password, visit.now, null)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'invalid') throw error
      return passwordPage(visit, visit.t('password.rule'))
    }
    await note(visit, 'account.password', name)
    // Every session was closed with the old password, this one too: it goes on with a new id.
    return { kind: 'open', account: name, to: '/' }
  },
}

async function passwordPage(visit: Visit, error: string | null): Promise<Reply> {
  const account = await visit.deps.accounts.account(visit.viewer.account)
  return {
    kind: 'page',
    view: 'password',
    title: visit.t('password.title'),
    layout: 'plain',
    status: error === null ? 200 : 422,
    model: { error, first: !account?.hasPassword, name: visit.viewer.name },
  }
}

export const preferences: Route = {
  method: 'post',
  path: '/preferences',
  async handle(visit, form) {
    await visit.deps.accounts.prefer(visit.viewer.account, chosen(visit.preferences, form))
    return { kind: 'redirect', to: backTo(form, '/') }
  },
}

/** Only what the form says, and only what is a choice. */
function chosen(before: Preferences, form: URLSearchParams): Preferences {
  const pick = <T extends string>(name: string, options: readonly T[], old: T | null): T | null => {
    const value = form.get(name)
    if (value === null) return old
    return options.find((option) => option === value) ?? null
  }
  return {
    language: pick('language', ['it', 'en'], before.language),
    theme: pick('theme', ['light', 'dark'], before.theme),
    zone: pick('zone', ['UTC'], before.zone),
    density: pick('density', ['normal', 'compact'], before.density) ?? 'normal',
  }
}

const note = (visit: Visit, what: string, object: string | null) =>
  visit.deps.accounts.audit({ time: visit.now, who: visit.viewer.account, what, object, detail: null, from: visit.from })
