import type { Change } from '../model/contract.ts'
import type { Resource, Verb } from './access.ts'
import type { Visit } from './visit.ts'

/** A part of a page that keeps itself up to date: the view that drew it draws it again when something changed. */
export interface Fragment {
  /** Also the view's name. */
  name: string
  access: readonly [Verb, Resource]
  /** Sent at most this often. */
  everyMs: number
  wakes(change: Change, visit: Visit): boolean
  model(visit: Visit): Promise<object>
}

/** What the browser asks the stream for: `problem-list?state=critical`, with the id of the page's object as `id`. */
export function topicOf(fragment: Pick<Fragment, 'name'>, visit: Pick<Visit, 'query' | 'params'>): string {
  const query = new URLSearchParams(visit.query)
  query.delete('id')
  if (visit.params.id !== undefined) query.set('id', visit.params.id)
  const search = query.toString()
  return search === '' ? fragment.name : `${fragment.name}?${search}`
}

/** The visit that a topic stands for: the page's filters, at another time. */
export function visitOf(topic: string, visit: Visit, now: number): { name: string; visit: Visit } {
  const mark = topic.indexOf('?')
  const query = new URLSearchParams(mark === -1 ? '' : topic.slice(mark + 1))
  const id = query.get('id')
  query.delete('id')
  return {
    name: mark === -1 ? topic : topic.slice(0, mark),
    visit: { ...visit, query, params: id === null ? {} : { id }, now },
  }
}
