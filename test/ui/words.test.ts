import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatter } from '../../ui/format.ts'
import { chooseLanguage, texts, translator } from '../../ui/i18n.ts'

const views = join(import.meta.dirname, '../../ui/views')
const files = readdirSync(views, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.hbs'))
const thin = '\u202f'

describe('words', () => {
  it('are there in both languages', () => assert.deepEqual(Object.keys(texts.it).sort(), Object.keys(texts.en).sort()))

  it('take the same values in both languages', () => {
    const values = (text: unknown) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g) ?? [])].sort()
    for (const [key, text] of Object.entries(texts.en)) assert.deepEqual(values(texts.it[key]), values(text), key)
  })

  it('have all plural forms of their language', () => {
    const forms = { en: ['one', 'other'], it: ['many', 'one', 'other'] }
    for (const language of ['en', 'it'] as const)
      for (const [key, text] of Object.entries(texts[language]))
        if (typeof text !== 'string') assert.deepEqual(Object.keys(text).sort(), forms[language], `${language} ${key}`)
  })

  it('stand in the language files, never in a view', () => {
    const names = /^(Specola|DEMO|CSV|JSON|PDF|XLSX|UTC|CPU|RAM|vCPU(·h)?|GiB(·h)?)$/
    for (const file of files) {
      const text = readFileSync(join(views, file), 'utf8')
        .replace(/\{\{!--[\s\S]*?--\}\}|\{\{[^}]*\}\}/g, ' ')
        .replace(/<[^>]*>/g, ' ')
        .replace(/&#?\w+;/g, ' ')
      const words = text.split(/[\s/·–:()\d→%—+".]+/).filter((word) => /\p{L}{2}/u.test(word) && !names.test(word))
      assert.deepEqual(words, [], file)
    }
  })

  it('are all known that views ask for', () => {
    for (const file of files)
      for (const [, key] of readFileSync(join(views, file), 'utf8').matchAll(/\(t '([^']+)'|\{\{t '([^']+)'/g)) {
        const name = key ?? ''
        if (name !== '') assert.ok(texts.en[name] !== undefined, `${file}: ${name}`)
      }
  })

  it('follow the number', () => {
    const [en, it] = [translator('en'), translator('it')]
    assert.equal(en('instances.count', { count: 1 }), '1 instance')
    assert.equal(en('instances.count', { count: 1234 }), '1,234 instances')
    assert.equal(it('instances.count', { count: 1 }), '1 istanza')
    assert.equal(it('instances.count', { count: 1234 }), '1.234 istanze')
  })

  const speaks = (chosen: string | null, accept: string | undefined, language: string) =>
    it(`are ${language} for a browser that asks "${accept}"${chosen ? ` and a person who chose ${chosen}` : ''}`, () =>
      assert.equal(chooseLanguage(chosen, accept, 'en'), language))
  speaks(null, undefined, 'en')
  speaks(null, 'it-IT,it;q=0.9,en;q=0.8', 'it')
  speaks(null, 'de,en;q=0.5,it;q=0.7', 'it')
  speaks(null, 'de', 'en')
  speaks('en', 'it', 'en')
})

describe('numbers', () => {
  const en = formatter('en', 'Europe/Rome')
  const it_ = formatter('it', 'Europe/Rome')
  const gives = (text: string, want: string) => it(`are written as ${want}`, () => assert.equal(text, want))
  gives(en.figure(12.345), '12.3')
  gives(en.figure(1234.5), '1,235')
  gives(en.figure(99.97), '100')
  gives(en.figure(0.01234), '0.0123')
  gives(en.figure(0), '0')
  gives(en.figure(null), '—')
  gives(en.figure(Number.NaN), '—')
  gives(it_.hours(1234.5), '1.234,5')
  gives(it_.hours(12_345.67), '12.345,7')
  gives(it_.hours(0.002), `<${thin}0,01`)
  gives(it_.hours(0), '0')
  gives(en.bytes(16 * 1024 ** 3), `16${thin}GiB`)
  gives(en.bytes(1536), `1.50${thin}KiB`)
  gives(en.bitRate(125_000), `1${thin}Mbit/s`)
  gives(en.memory(512), `512${thin}MiB`)
  gives(en.percent(12.4), `12.4${thin}%`)
  gives(en.duration(130_000), `2${thin}m 10${thin}s`)
  gives(en.duration(3_600_000), `1${thin}h`)
  gives(it_.duration(41 * 86_400_000 + 3 * 3_600_000), `41${thin}g 3${thin}h`)
  gives(en.duration(-5), `0${thin}s`)
  gives(en.full(Date.UTC(2026, 9, 25, 0, 30)), '25 Oct 2026, 02:30:00 CEST')
  gives(en.full(Date.UTC(2026, 9, 25, 1, 30)), '25 Oct 2026, 02:30:00 CET')
})
