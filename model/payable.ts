import { divideRounded, priceUnit, rescale } from './decimal.ts'
import type { PriceBook } from './price-book.ts'

/** What is to be paid, in the currency's smallest coin (10^-minorDigits). */
export interface Payable {
  net: bigint
  /** null = amounts bear no VAT. */
  vat: bigint | null
  gross: bigint
}

/** The sum of lines rounded once to the smallest coin, VAT on that, rounded once. */
export function payable(sum: bigint, book: Pick<PriceBook, 'decimals' | 'minorDigits' | 'vat'>): Payable {
  const net = rescale(sum, book.decimals, book.minorDigits)
  const vat = book.vat === null ? null : divideRounded(net * book.vat, 100n * priceUnit)
  return { net, vat, gross: net + (vat ?? 0n) }
}
