/** The templates that come with Specola. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const template = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')

export const textTemplate = template('message.txt.hbs')
export const htmlTemplate = template('message.html.hbs')
