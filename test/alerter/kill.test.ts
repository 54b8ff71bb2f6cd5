import { killedWhileChecking } from '../support/killed-while-checking.ts'

killedWhileChecking(2)
