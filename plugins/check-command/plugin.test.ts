import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse } from 'yaml'
import { expand, shellCommand } from '../../model/command-macros.ts'
import type { ProgramEnd } from '../../model/contract.ts'
import { printPerfdata } from '../../model/perfdata.ts'
import { plugin } from './plugin.ts'
import { quoted } from './resident-shell.ts'
import { type Meaning, resultOf } from './result.ts'

interface Case {
  title: string
  meaning?: Partial<Meaning>
  end: ProgramEnd
  expect: { state: string; output: string; longOutput?: string; perfdata: string }
}

describe('plugin command', () => {
  const cases = parse(readFileSync(join(import.meta.dirname, 'cases', 'ends.yaml'), 'utf8')) as Case[]
  for (const { title, meaning, end, expect } of cases)
    it(title, () => {
      const usual: Meaning = { timeoutState: 'critical', host: false, aggressive: false, about: "service 's' on host 'h'" }
      const { perfdata, ...said } = resultOf(end, { ...usual, ...meaning })
      assert.deepEqual({ ...said, perfdata: printPerfdata(perfdata) }, expect)
    })

  describe('macros', () => {
    const lookup = (name: string) => ({ A: 'x y', EVIL: `$(reboot) ; 'q' "$B"`, B: 'b' })[name]
    const expands = (text: string, wanted: string) => it(`${text} is ${wanted}`, () => assert.equal(expand(text, lookup), wanted))
    expands('-w $A$', '-w x y')
    expands('$EVIL$', `$(reboot) ; 'q' "$B"`)
    expands('$$5 $NONE$ $', '$5 $NONE$ $')

    it('reach a shell as its arguments, whatever quotes they stand in', () => {
      const words = shellCommand(`echo $A$ '$A$' "is $A$" \\"$A$ $NONE$ $$x`, lookup)
      assert.deepEqual(words, [
        ...['/bin/sh', '-c', `echo "\${1}" ''"\${2}"'' "is \${3}" \\""\${4}" $NONE$ $x`, 'sh'],
        ...['x y', 'x y', 'x y', 'x y'],
      ])
    })
  })

  it('quotes any word so that a shell reads that word', () =>
    fc.assert(
      fc.property(fc.string(), (word) => {
        const read = quoted(word).slice(1, -1).split(`'\\''`)
        assert.ok(read.every((part) => !part.includes("'")))
        assert.equal(read.join("'"), word)
      }),
    ))

  const refuses = (config: unknown, message: RegExp) =>
    it(`refuses ${JSON.stringify(config)}`, () => assert.match(String(plugin.config.safeParse(config).error), message))
  refuses({ command: 'check_http -H x' }, /write the command as a list/)
  refuses({ command: ['check_http'] }, /not the whole path of a program/)
  refuses({ command: ['/x'], shell: true }, /one line, not a list/)
  refuses({ command: [] }, /too_small/i)
  refuses({ command: ['/x'], environment: { 'a b': 'c' } }, /not a name of a variable/)
})
