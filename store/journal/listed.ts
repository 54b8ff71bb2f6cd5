import { listingSkew } from '../../model/ledger.ts'

/**
 * Of an entry of `resource` (or what looks like one): the newest complete list of its kind, read after the newest word of it, does
 * not have it. Nothing is written down: it is back with the next word, or with the next list that has it.
 */
export const unlisted = (table: string): string =>
  `(${table}.updated_at <= coalesce((SELECT l.read_at FROM resource_listing l WHERE l.kind = ${table}.kind), 0) - ${listingSkew}
    AND NOT EXISTS (SELECT 1 FROM resource_listed d WHERE d.kind = ${table}.kind AND d.id = ${table}.id))`
