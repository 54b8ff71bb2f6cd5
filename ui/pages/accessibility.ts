import type { PublicRoute } from '../route.ts'

/** The statement that Italian law asks for, in plain words. */
export const accessibilityPage: PublicRoute = {
  method: 'get',
  path: '/accessibility',
  handleGuest: async (guest) => ({
    kind: 'page',
    view: 'accessibility',
    title: guest.t('accessibility.title'),
    layout: 'viewer' in guest ? 'app' : 'plain',
    model: {},
  }),
}
