import { checkCases } from '../../test/support/check-cases.ts'
import { plugin } from './plugin.ts'

describe('check ganglia', () => checkCases(import.meta.dirname, plugin))
