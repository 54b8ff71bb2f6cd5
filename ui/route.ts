import type { TimeRange } from '../model/range.ts'
import type { Cell, Column } from './csv.ts'
import type { Guest, Visit } from './visit.ts'

/** Where a page is: the trail above its title. The last entry has no link. */
export interface Crumb {
  title: string
  href?: string
}

/** What a handler answers; ui/reply.ts makes HTTP of it. */
export type Reply =
  | {
      kind: 'page'
      view: string
      title: string
      model: object
      status?: number
      layout?: 'app' | 'plain' | 'wall'
      crumbs?: readonly Crumb[]
      /** Pages with a time range show its control. */
      range?: TimeRange
      /** Bundles that the page needs beside the common one. */
      scripts?: readonly 'charts'[]
      headers?: Readonly<Record<string, string>>
    }
  | {
      kind: 'list'
      name: string
      columns: readonly Column[]
      rows: readonly Readonly<Record<string, Cell>>[]
      total?: number /** Beside the rows in JSON. */
      also?: object
    }
  | { kind: 'json'; body: unknown; status?: number }
  | { kind: 'text'; type: string; body: string; status?: number; headers?: Readonly<Record<string, string>> }
  /** A file to keep, sent as it is made. */
  | { kind: 'file'; name: string; type: string; body: AsyncIterable<Uint8Array | string> }
  | { kind: 'redirect'; to: string }
  | { kind: 'missing' }
  | { kind: 'wrong'; message: string }
  /** Session changes are the edge's: open signs this account in, close signs out. */
  | { kind: 'open'; account: string; to: string }
  | { kind: 'close'; to: string }

export interface Route {
  method: 'get' | 'post'
  path: string
  handle(visit: Visit, form: URLSearchParams): Promise<Reply>
}

export interface PublicRoute {
  method: 'get' | 'post'
  path: string
  handleGuest(guest: Guest, form: URLSearchParams): Promise<Reply>
}
