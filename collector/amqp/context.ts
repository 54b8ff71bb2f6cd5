/** Who asked: the request context that oslo.messaging flattens into `_context_*`, or its listener form `ctxt`. */
import { type Fields, isFields } from '../../model/fields.ts'
import { textOf } from './values.ts'

export interface Context {
  user: string | null
  userName: string | null
  project: string | null
  projectName: string | null
  request: string | null
  globalRequest: string | null
  remoteAddress: string | null
}

export function contextOf(message: Fields): Context {
  const listener = isFields(message.ctxt) ? message.ctxt : {}
  const get = (...keys: string[]) => {
    for (const key of keys) {
      const value = textOf(message[`_context_${key}`]) ?? textOf(listener[key])
      if (value !== null) return value
    }
    return null
  }
  return {
    user: get('user_id', 'user'),
    userName: get('user_name'),
    project: get('project_id', 'tenant', 'tenant_id', 'project'),
    projectName: get('project_name', 'tenant_name'),
    request: get('request_id'),
    globalRequest: get('global_request_id'),
    remoteAddress: get('remote_address'),
  }
}
