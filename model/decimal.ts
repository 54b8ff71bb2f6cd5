/**
 * Exact decimal numbers as whole numbers of 10^-digits. Money never passes through a floating-point number: prices are read from
 * their digits, multiplied as integers and rounded once.
 */

/** Prices, factors and percentages: 10^-9. A price with more digits is refused. */
export const priceDigits = 9
export const priceUnit = 10n ** BigInt(priceDigits)

/** `12`, `0.0105`, `-3.5` → units of 10^-digits; null when it is no decimal number or has more digits than that. */
export function parseDecimal(text: string, digits = priceDigits): bigint | null {
  const match = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(text)
  const fraction = (match?.[3] ?? '').replace(/0+$/, '')
  if (!match || fraction.length > digits) return null
  const units = BigInt(match[2] as string) * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0') || '0')
  return match[1] === '-' ? -units : units
}

/** Units of 10^-digits as digits; `least` decimals are always written, further ones only where they are not zero. */
export function printDecimal(units: bigint, digits: number, least = digits): string {
  const size = (units < 0n ? -units : units).toString().padStart(digits + 1, '0')
  const whole = size.slice(0, size.length - digits)
  let fraction = digits === 0 ? '' : size.slice(-digits)
  while (fraction.length > least && fraction.endsWith('0')) fraction = fraction.slice(0, -1)
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** numerator ÷ denominator (> 0), to the nearest whole number; halves go away from zero, as commerce rounds. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const half = (numerator < 0n ? -numerator : numerator) * 2n + denominator
  const size = half / (2n * denominator)
  return numerator < 0n ? -size : size
}

/** Units of 10^-from → units of 10^-to, rounded when digits are lost. */
export function rescale(units: bigint, from: number, to: number): bigint {
  return to >= from ? units * 10n ** BigInt(to - from) : divideRounded(units, 10n ** BigInt(from - to))
}
