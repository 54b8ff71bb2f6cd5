import Handlebars from 'handlebars'
import type { templateHelpers } from '../config/template-field.ts'
import type { Render } from '../model/contract.ts'

const meanings: Record<(typeof templateHelpers)[number], (value: unknown) => unknown> = {
  // A SafeString: JSON is escaped already, also where HTML is.
  json: (value) => new Handlebars.SafeString(JSON.stringify(value ?? null).replaceAll('<', '\\u003c')),
}

/** Handlebars for messages: `html` escapes every value, `text` leaves it as it is. Templates are compiled once. */
export function createRender(): { text: Render; html: Render } {
  const engine = Handlebars.create()
  engine.registerHelper(meanings)
  const renderer = (noEscape: boolean): Render => {
    const compiled = new Map<string, Handlebars.TemplateDelegate>()
    return (template, data) => {
      let delegate = compiled.get(template)
      if (!delegate) {
        delegate = engine.compile(template, { noEscape, strict: false, preventIndent: true })
        if (compiled.size > 1000) compiled.clear()
        compiled.set(template, delegate)
      }
      return delegate(data)
    }
  }
  return { text: renderer(true), html: renderer(false) }
}
