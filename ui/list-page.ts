/** Long lists in pages: what to ask the journal for, and the links beneath. */
import { linkTo, type Visit } from './visit.ts'

const pageSize = 100

/** The page that an address asks for (`page`, from 1): nonsense is the first. */
export function listPage({ query }: Pick<Visit, 'query'>, path: string) {
  const page = Math.max(1, Math.min(100_000, Math.floor(Number(query.get('page') ?? 1)) || 1))
  const offset = (page - 1) * pageSize
  return {
    /** What a query takes. */
    rows: { limit: pageSize, offset },
    /** The first and last row shown, from 1, of `total`; and the pages beside this one. */
    of: (total: number) => ({
      total,
      first: total === 0 ? 0 : offset + 1,
      last: Math.min(total, offset + pageSize),
      previous: page > 1 ? linkTo({ path, query }, { page: String(page - 1) }) : null,
      next: offset + pageSize < total ? linkTo({ path, query }, { page: String(page + 1) }) : null,
    }),
  }
}
