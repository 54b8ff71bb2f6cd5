import english from './i18n/en.json' with { type: 'json' }
import italian from './i18n/it.json' with { type: 'json' }

export type Language = 'it' | 'en'

/** A text, or its plural forms by Intl.PluralRules category. */
export type Text = string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>
export const texts: Readonly<Record<Language, Readonly<Record<string, Text>>>> = { en: english, it: italian }

/** British English for its 24-hour clock and day-month order. */
export const localeNames: Record<Language, string> = { en: 'en-GB', it: 'it-IT' }

export type Translate = (key: string, values?: Readonly<Record<string, unknown>>) => string

/** `t('problems.count', { count: 3 })`: numbers are written in the language; the plural form follows `count`. */
export function translator(language: Language): Translate {
  const plural = new Intl.PluralRules(localeNames[language])
  const number = new Intl.NumberFormat(localeNames[language], { useGrouping: 'always' })
  return (key, values = {}) => {
    const text = texts[language][key]
    if (text === undefined) return key
    const count = typeof values.count === 'number' ? values.count : 0
    const template = typeof text === 'string' ? text : (text[plural.select(count)] ?? text.other ?? key)
    return template.replace(/\{(\w+)\}/g, (_all, name: string) => {
      const value = values[name]
      return typeof value === 'number' ? number.format(value) : String(value ?? '—')
    })
  }
}

/** Whether a language has a text: for words that come from outside, such as event types. */
export const hasText = (language: Language, key: string) => texts[language][key] !== undefined

/** The account's choice, else the browser's first language that we speak, else the configured one. */
export function chooseLanguage(chosen: string | null, acceptLanguage: string | undefined, fallback: Language): Language {
  if (chosen === 'it' || chosen === 'en') return chosen
  const wanted = (acceptLanguage ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';')
      const quality = parameters.map((p) => /^\s*q=([\d.]+)/.exec(p)?.[1]).find((q) => q !== undefined)
      return { language: tag.slice(0, 2).toLowerCase(), quality: Number(quality ?? 1) }
    })
    .sort((a, b) => b.quality - a.quality)
    .find(({ language, quality }) => quality > 0 && (language === 'it' || language === 'en'))
  return (wanted?.language as Language | undefined) ?? fallback
}
