import { checkCases } from '../../test/support/check-cases.ts'
import { plugin } from './plugin.ts'

describe('check cpu', () => checkCases(import.meta.dirname, plugin))
