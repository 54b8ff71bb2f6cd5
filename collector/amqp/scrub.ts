/** Drops what must never be stored or logged: tokens, service catalogs, passwords and storage credentials. */
import { isFields } from '../../model/fields.ts'

/** Keys whose values go, whatever they hold. `_context_*` are oslo.messaging's flattened context, `ctxt` its listener form. */
const secretKey =
  /^(_context_)?(auth_token|service_catalog|user_auth_plugin)$|token$|passw(or)?d|passphrase|admin_?pass|secret|private_key|^connection_info$|^connector$|^user_data$|^x-auth|^x-subject|^authorization$|^psk$|chap_/i

/** Keys that look secret and are not: names and ids about secrets, never the secrets. */
const harmless = /(_at|_id|_type|_expires|_count|_url|_name)$|^secret_uuid$|^key_name$/i

/**
 * The message without its secrets, or the very same object when it held none. Recursion is bounded by `depth`: what is
 * nested deeper than any service nests is dropped as a whole.
 */
export function scrub<T>(value: T, depth = 0): T {
  if (Array.isArray(value)) {
    let copy: unknown[] | null = null
    for (let i = 0; i < value.length; i++) {
      const clean = depth > 24 ? null : scrub(value[i], depth + 1)
      if (clean !== value[i]) {
        copy ??= [...value]
        copy[i] = clean
      }
    }
    return (copy as T | null) ?? value
  }
  if (typeof value === 'string') return scrubText(value) as T
  if (!isFields(value)) return value
  let copy: Record<string, unknown> | null = null
  for (const key in value) {
    const given = (value as Record<string, unknown>)[key]
    if (given === null || given === '' || typeof given === 'boolean' || typeof given === 'number') {
      if (typeof given !== 'number' || !isSecret(key)) continue
    }
    const secret = isSecret(key) && !(Array.isArray(given) && given.length === 0)
    const clean = secret || depth > 24 ? undefined : scrub(given, depth + 1)
    if (clean === given) continue
    copy ??= { ...value }
    if (clean === undefined) delete copy[key]
    else copy[key] = clean
  }
  return (copy as T | null) ?? value
}

const verdicts = new Map<string, boolean>()

/** Keys repeat in every message: each is judged once. The memory is bounded, as keys come from outside. */
function isSecret(key: string): boolean {
  let verdict = verdicts.get(key)
  if (verdict === undefined) {
    verdict = secretKey.test(key) && !harmless.test(key)
    if (verdicts.size > 10_000) verdicts.clear()
    verdicts.set(key, verdict)
  }
  return verdict
}

const tokenInText =
  /\bgAAAA[\w-]{20,}={0,2}|("?(?:auth_password|auth_token|adminPass|password|x-auth-token)"?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,}]+)/gi

/** Fernet tokens and spelled-out passwords inside texts (tracebacks, JSON in a string). */
function scrubText(text: string): string {
  // most texts are ids and times: three plain searches are cheaper than the expression
  if (text.length < 12 || !(text.includes('oken') || text.includes('ass') || text.includes('gAAAA'))) return text
  return text.replace(tokenInText, (_, label: string | undefined) => (label === undefined ? '***' : `${label}***`))
}

/** Every word that `secretKey` and `tokenInText` know, but where it ends a key whose value is empty. */
const wordOfSecret =
  /(?:token|passw|passphrase|admin_?pass|secret|private_key|service_catalog|user_auth_plugin|connection_info|connector|user_data|x-auth|x-subject|authorization|chap_|gAAAA)(?!"\s*:\s*(?:null|""|\[\]|true|false))/i

/**
 * Whether `scrub` could find anything in the message that this JSON text holds: one look at the text, where most messages need
 * no walk through their fields. Says yes when in doubt: an escaped letter could hide a word.
 */
export const mayHoldSecrets = (json: string): boolean => json.includes('\\u00') || wordOfSecret.test(json)
