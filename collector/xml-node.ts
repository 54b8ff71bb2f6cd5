/** XML from outside, read without entities or document types of its own; an element is an object, a string or an array of them. */
import { XMLParser } from 'fast-xml-parser'
import type { AppError } from '../model/contract.ts'

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  // Entities are decoded below: only the five of XML itself and character references, never ones that a document declares.
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

export type Node = { readonly [key: string]: unknown }

/** Throws what `unusable` makes of the reason. The caller has looked at the length. */
export function parseXml(xml: string, unusable: (why: string) => AppError): unknown {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw unusable('it declares a document type')
  try {
    return parser.parse(xml)
  } catch (cause) {
    throw unusable((cause as Error).message)
  }
}

// An element is an object when it has attributes or children, a string when it has only text, an array when it repeats.

export const nodeOf = (value: unknown): Node | null => (typeof value === 'object' && value !== null ? (value as Node) : null)

const own = (node: unknown, key: string): unknown => {
  const parent = nodeOf(node)
  return parent !== null && Object.hasOwn(parent, key) ? parent[key] : undefined
}

export function child(node: unknown, name: string): Node | null {
  const value = own(node, name)
  return nodeOf(Array.isArray(value) ? value[0] : value)
}

export function children(node: unknown, name: string): Node[] {
  const value = own(node, name)
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.map(nodeOf).filter((node) => node !== null)
}

export function textOf(node: unknown, name: string): string | null {
  const value = own(node, name)
  const first: unknown = Array.isArray(value) ? value[0] : value
  return decoded(typeof first === 'string' ? first : own(first, '#text'))
}

export const attribute = (node: unknown, name: string): string | null => decoded(own(node, `@${name}`))

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

export function decoded(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null
  return value.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
