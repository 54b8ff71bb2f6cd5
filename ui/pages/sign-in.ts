import { AppError } from '../../model/contract.ts'
import { homeOf } from '../access.ts'
import { type RateLimit, rateLimit } from '../rate-limit.ts'
import type { PublicRoute, Reply } from '../route.ts'
import type { Guest } from '../visit.ts'
import { viewerOf } from '../visit.ts'
import { backTo } from './acknowledge.ts'

const windowMs = 15 * 60_000
const perNameAndAddress = 8
const perAddress = 40
const refusedStatus = 429

/** Signing in: with a name and password, or once with a link. */
export function signInRoutes(now: () => number): PublicRoute[] {
  const names = rateLimit(perNameAndAddress, windowMs, now)
  const addresses = rateLimit(perAddress, windowMs, now)
  return [loginForm, login(names, addresses), welcome, redeem(addresses)]
}

const page = (guest: Guest, model: object, status = 200): Reply => ({
  kind: 'page',
  view: 'login',
  title: guest.t('login.title'),
  layout: 'plain',
  status,
  model,
})

const loginForm: PublicRoute = {
  method: 'get',
  path: '/login',
  handleGuest: async (guest) =>
    'viewer' in guest
      ? { kind: 'redirect', to: '/' }
      : page(guest, { next: guest.query.get('next') ?? '', name: '', error: null }),
}

const login = (names: RateLimit, addresses: RateLimit): PublicRoute => ({
  method: 'post',
  path: '/login',
  async handleGuest(guest, form) {
    const name = (form.get('name') ?? '').trim().slice(0, 64)
    const password = form.get('password') ?? ''
    const next = form.get('next') ?? ''
    const again = (key: string, status: number) => page(guest, { next, name, error: guest.t(key) }, status)
    const { accounts } = guest.deps
    const audit = (what: string) =>
      accounts.audit({ time: guest.now, who: name, what, object: null, detail: null, from: guest.from })
    const key = `${name.toLowerCase()} ${guest.from}`
    if (!names.take(key) || !addresses.take(guest.from ?? '')) return again('login.tooMany', refusedStatus)
    const account = await accounts.checkPassword(name, password).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'denied') return 'busy' as const
      throw error
    })
    if (account === 'busy') return again('login.tooMany', refusedStatus)
    if (!account) {
      await audit('session.refused')
      return again('login.refused', 401)
    }
    names.forget(key)
    await audit('session.open')
    return { kind: 'open', account: account.name, to: backTo(new URLSearchParams({ back: next }), homeOf(viewerOf(account))) }
  },
})

/** The link only shows a button: programs that look at links in mails do not use it up. */
const welcome: PublicRoute = {
  method: 'get',
  path: '/welcome/:token',
  async handleGuest(guest) {
    const account = await guest.deps.accounts.link(guest.params.token ?? '', guest.now)
    return {
      kind: 'page',
      view: 'welcome',
      title: guest.t('welcome.title'),
      layout: 'plain',
      status: account ? 200 : 410,
      model: { name: account?.name ?? null, action: guest.path },
    }
  },
}

const redeem = (addresses: RateLimit): PublicRoute => ({
  method: 'post',
  path: '/welcome/:token',
  async handleGuest(guest) {
    const { accounts } = guest.deps
    const account = addresses.take(guest.from ?? '') ? await accounts.redeemLink(guest.params.token ?? '', guest.now) : null
    if (!account) return { kind: 'redirect', to: guest.path }
    await accounts.audit({
      time: guest.now,
      who: account.name,
      what: 'session.open',
      object: null,
      detail: 'link',
      from: guest.from,
    })
    return { kind: 'open', account: account.name, to: account.hasPassword ? '/' : '/password' }
  },
})
