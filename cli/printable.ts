/**
 * Names are a tenant's: a terminal is not to be steered by them, and the writing direction is not to be turned.
 */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
