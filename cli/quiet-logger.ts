import type { Logger } from '../model/contract.ts'

/** For commands whose only words are their answer. */
export const quietLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quietLogger }
