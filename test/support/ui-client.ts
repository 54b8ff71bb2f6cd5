import assert from 'node:assert/strict'
import { password } from './ui-server.ts'

/** A browser as far as HTTP goes: keeps cookies, sends form tokens, follows nothing. */
export function visitor(url: string) {
  const jar = new Map<string, string>()
  const send = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(url + path, { redirect: 'manual', ...init, headers })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (name !== undefined && value !== undefined) jar.set(name, value)
    }
    return response
  }
  const get = (path: string, headers: Record<string, string> = {}) => send(path, { headers })
  const text = async (path: string) => (await get(path)).text()
  const token = async (path: string) => /name="csrf" value="([^"]+)"/.exec(await text(path))?.[1] ?? ''
  const post = async (path: string, form: Record<string, string> | [string, string][], headers: Record<string, string> = {}) =>
    send(path, { method: 'POST', body: new URLSearchParams(form), headers })
  return {
    jar,
    get,
    text,
    token,
    post,
    /** Posts with the token that the page at `from` carries. */
    async submit(path: string, form: Record<string, string>, from: string) {
      return post(path, { csrf: await token(from), ...form })
    },
    async signIn(name: string, secret = password) {
      const response = await post('/login', { csrf: await token('/login'), name, password: secret })
      assert.equal(response.status, 303, `${name} cannot sign in`)
      return response
    },
  }
}

export type Visitor = ReturnType<typeof visitor>
