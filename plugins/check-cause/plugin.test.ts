import { checkCases } from '../../test/support/check-cases.ts'
import { plugin } from './plugin.ts'

describe('check cause', () => checkCases(import.meta.dirname, plugin))
