import { checkCases } from '../../test/support/check-cases.ts'
import { plugin } from './plugin.ts'

describe('check impact', () => checkCases(import.meta.dirname, plugin))
