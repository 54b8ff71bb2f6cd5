/** What a host's capabilities tell of its NUMA cells. */
import { AppError } from '../../model/contract.ts'
import { attribute, child, children, type Node, parseXml, textOf } from '../xml-node.ts'

export interface NumaCell {
  id: number
  memoryKib: number | null
  cpus: number
  /** By size; the usual one included. */
  pages: readonly { sizeKib: number; total: number }[]
}

const maxXmlBytes = 4 * 1024 * 1024

/** Throws AppError('protocol') for what cannot be read; a host without NUMA has no cells or one. */
export function parseNumaCells(xml: string): NumaCell[] {
  if (xml.length > maxXmlBytes) throw unusable(`${xml.length} characters long`)
  const host = child(child(parseXml(xml, unusable), 'capabilities'), 'host')
  return children(child(child(host, 'topology'), 'cells'), 'cell').flatMap(cellOf)
}

const unusable = (why: string) => new AppError('protocol', `a host's capabilities cannot be used: ${why}`)

function cellOf(cell: Node): NumaCell[] {
  const id = Number(attribute(cell, 'id') ?? Number.NaN)
  if (!Number.isInteger(id)) return []
  const pages = children(cell, 'pages').flatMap((page) => {
    const [sizeKib, total] = [kib(attribute(page, 'size'), attribute(page, 'unit')), Number(textOf({ page }, 'page'))]
    return sizeKib !== null && Number.isFinite(total) ? [{ sizeKib, total }] : []
  })
  const unit = attribute(child(cell, 'memory'), 'unit')
  const cpus = Number(attribute(child(cell, 'cpus'), 'num') ?? 0)
  return [{ id, memoryKib: kib(textOf(cell, 'memory'), unit), cpus: Number.isFinite(cpus) ? cpus : 0, pages }]
}

/** libvirt writes KiB; anything else is not guessed at. */
function kib(text: string | null, unit: string | null): number | null {
  const value = Number(text ?? Number.NaN)
  return Number.isFinite(value) && (unit === null || unit === 'KiB') ? value : null
}
