import Handlebars from 'handlebars'
import type { Render } from '../model/contract.ts'

/** Handlebars for messages: `html` escapes every value, `text` leaves it as it is. Templates are compiled once. */
export function createRender(): { text: Render; html: Render } {
  const renderer = (noEscape: boolean): Render => {
    const compiled = new Map<string, Handlebars.TemplateDelegate>()
    return (template, data) => {
      let delegate = compiled.get(template)
      if (!delegate) {
        delegate = Handlebars.compile(template, { noEscape, strict: false, preventIndent: true })
        if (compiled.size > 1000) compiled.clear()
        compiled.set(template, delegate)
      }
      return delegate(data)
    }
  }
  return { text: renderer(true), html: renderer(false) }
}
