/** Money as people read it. Exact decimals stay exact: they never become floating-point numbers on the way. */
import { priceDigits, printDecimal } from '../model/decimal.ts'
import { quantityDigits } from '../model/rating.ts'
import { thin } from './duration.ts'
import { type Language, localeNames } from './i18n.ts'

/** One figure twice: as it is read, and with all its decimals. */
export interface Told {
  shown: string
  exact: string
}

interface Currency {
  currency: string
  decimals: number
  minorDigits?: number
}

export function moneyFormat(language: Language, { currency, decimals, minorDigits = 2 }: Currency) {
  const number = (least: number, most: number, more: Intl.NumberFormatOptions = {}) =>
    new Intl.NumberFormat(localeNames[language], {
      minimumFractionDigits: least,
      maximumFractionDigits: most,
      useGrouping: 'always',
      ...more,
    })
  const style = { style: 'currency', currency } as const
  const [amount, coins, rounded] = [number(decimals, decimals), number(minorDigits, minorDigits, style), number(0, 0, style)]
  const [price, quantity, percent] = [number(2, priceDigits), number(2, quantityDigits), number(0, 2)]
  const hundredths = number(2, 2)
  // Intl.NumberFormat reads decimal text exactly; its types know of numbers only
  const exact = (format: Intl.NumberFormat, text: string) => format.format(text as unknown as number)
  const brief = number(minorDigits, minorDigits)
  /** For reading, in coins; what is less than one coin, but not nothing, is said so. All decimals stand beside it. */
  const told = (value: bigint, digits: number, full: Intl.NumberFormat, short: Intl.NumberFormat, least: number): Told => {
    const text = printDecimal(value, digits)
    const size = value < 0n ? -value : value
    const little = value !== 0n && size * 10n ** BigInt(least) < 10n ** BigInt(digits)
    const one = exact(short, printDecimal(value < 0n ? -1n : 1n, least))
    return { shown: little ? `${value < 0n ? '>' : '<'}${thin}${one}` : exact(short, text), exact: exact(full, text) }
  }
  return {
    currency,
    /** An amount of lines, without the currency. */
    amount: (value: bigint) => told(value, decimals, amount, brief, minorDigits),
    /** An amount of lines, shown in coins: for money that is only estimated. */
    about: (value: bigint) => exact(coins, printDecimal(value, decimals)),
    /** What is paid, already in coins. */
    paid: (value: bigint) => exact(coins, printDecimal(value, minorDigits)),
    price: (value: bigint) => exact(price, printDecimal(value, priceDigits)),
    quantity: (value: bigint) => told(value, quantityDigits, quantity, hundredths, 2),
    percent: (value: bigint) => exact(percent, printDecimal(value, priceDigits)),
    /** Currency units. */
    units: (value: number) => coins.format(value),
    round: (value: number) => rounded.format(value),
  }
}

export type MoneyFormat = ReturnType<typeof moneyFormat>
