import { checkCases } from '../../test/support/check-cases.ts'
import { plugin } from './plugin.ts'

describe('check metric', () => checkCases(import.meta.dirname, plugin))
