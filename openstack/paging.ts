/** Where the next page of a list is. Pure. */

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** Appends a query; what is undefined is left out. */
export function withQuery(url: string, query: Query): string {
  const parameters = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`],
  )
  if (parameters.length === 0) return url
  return `${url}${url.includes('?') ? '&' : '?'}${parameters.join('&')}`
}

/**
 * The query of the next page, or null. Nova, Cinder and Neutron give `<list>_links`, Keystone `links.next`, Glance a relative
 * `next`. Of the link only the query is taken: its host, scheme and path are often those of an inner network.
 */
export function nextPage(body: unknown, list: string): URLSearchParams | null {
  if (typeof body !== 'object' || body === null) return null
  const fields = body as Record<string, unknown>
  const links = fields[`${list}_links`]
  const linked = Array.isArray(links)
    ? links.find((link: { rel?: unknown } | null) => link?.rel === 'next')?.href
    : ((fields.links as { next?: unknown } | null | undefined)?.next ?? fields.next)
  if (typeof linked !== 'string' || linked === '') return null
  const query = linked.indexOf('?')
  return query < 0 ? null : new URLSearchParams(linked.slice(query + 1))
}
