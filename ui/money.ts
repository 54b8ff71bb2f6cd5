/** Money as people read it. Exact decimals stay exact: they never become floating-point numbers on the way. */
import { priceDigits, printDecimal } from '../model/decimal.ts'
import { quantityDigits } from '../model/rating.ts'
import { type Language, localeNames } from './i18n.ts'

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
  // Intl.NumberFormat reads decimal text exactly; its types know of numbers only
  const exact = (format: Intl.NumberFormat, text: string) => format.format(text as unknown as number)
  return {
    currency,
    /** All decimals of a line, without the currency. */
    amount: (value: bigint) => exact(amount, printDecimal(value, decimals)),
    /** An amount of lines, shown in coins: for money that is only estimated. */
    about: (value: bigint) => exact(coins, printDecimal(value, decimals)),
    /** What is paid, already in coins. */
    paid: (value: bigint) => exact(coins, printDecimal(value, minorDigits)),
    price: (value: bigint) => exact(price, printDecimal(value, priceDigits)),
    quantity: (value: bigint) => exact(quantity, printDecimal(value, quantityDigits)),
    percent: (value: bigint) => exact(percent, printDecimal(value, priceDigits)),
    /** Currency units. */
    units: (value: number) => coins.format(value),
    round: (value: number) => rounded.format(value),
  }
}

export type MoneyFormat = ReturnType<typeof moneyFormat>
