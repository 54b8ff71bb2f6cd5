import { killedWhileReceiving } from '../support/killed-while-receiving.ts'

killedWhileReceiving(5)
