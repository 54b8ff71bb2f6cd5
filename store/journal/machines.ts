/** Machines that Ganglia tells of. */
import type { MachineJournal } from '../../model/contract.ts'
import type { Machine } from '../../model/resource.ts'
import type { Database } from './database.ts'
import { allOf, equals, inScope } from './scope.ts'

interface MachineRow {
  cluster: string
  name: string
  address: string | null
  hypervisor: string | null
  instance: string | null
  project: string | null
  metrics: string
  facts: string
  seen_at: number
}

/** Machines are told of again every few minutes: one of which nothing was heard for so long is gone. */
const forgottenAfterMs = 30 * 86_400_000

export function machineJournal(db: Database): MachineJournal {
  return {
    async seen(batch) {
      if (batch.length === 0) return
      db.transaction(() => {
        for (const machine of batch)
          db.run(
            `INSERT OR REPLACE INTO machine (cluster, name, address, hypervisor, instance, project, metrics, facts, seen_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            ...[machine.cluster, machine.name, machine.address, machine.hypervisor, machine.instance, machine.project],
            ...[JSON.stringify(machine.metrics), JSON.stringify(machine.facts), machine.seenAt],
          )
        const newest = Math.max(...batch.map(({ seenAt }) => seenAt))
        db.run('DELETE FROM machine WHERE seen_at < ?', newest - forgottenAfterMs)
      })
    },

    async machines(scope, { hypervisor, instance }) {
      const where = allOf([inScope(scope, 'project'), equals('hypervisor', hypervisor), equals('instance', instance)])
      return db.all<MachineRow>(`SELECT * FROM machine WHERE ${where.sql} ORDER BY cluster, name`, ...where.values).map(
        (row): Machine => ({
          ...{ cluster: row.cluster, name: row.name, address: row.address },
          ...{ hypervisor: row.hypervisor, instance: row.instance, project: row.project },
          metrics: JSON.parse(row.metrics) as Machine['metrics'],
          facts: JSON.parse(row.facts) as Machine['facts'],
          seenAt: row.seen_at,
        }),
      )
    },
  }
}
