/** Notices by which engines that share a journal wake each other. What is missed is found by looking. */
import type { Query } from './connect.ts'

export const channel = 'specola_alerts'

/** What a notice says when somebody changed who is on call; others say nothing: something was written. */
export const peopleNotice = 'people'

export const notify = (query: Query, what: '' | typeof peopleNotice = '') => query(`SELECT pg_notify('${channel}', '${what}')`)
