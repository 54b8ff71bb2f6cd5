import assert from 'node:assert/strict'
import type { TenantUsage } from './recordings.ts'

/** Same projects, same instances, hours to the second, everything else to the letter, totals to 1e-6 relative. */
export function assertSameUsage(ours: readonly TenantUsage[], novas: readonly TenantUsage[]): void {
  assert.deepEqual(ours.map((usage) => usage.tenant_id).sort(), novas.map((usage) => usage.tenant_id).sort())
  for (const nova of novas) {
    const our = ours.find((usage) => usage.tenant_id === nova.tenant_id) as TenantUsage
    assert.deepEqual(
      our.server_usages.map((row) => row.instance_id),
      nova.server_usages.map((row) => row.instance_id),
    )
    nova.server_usages.forEach((theirs, i) => {
      const mine = our.server_usages[i] as typeof theirs
      assert.ok(Math.abs(mine.hours - theirs.hours) * 3600 < 1, `${theirs.instance_id}: ${mine.hours} h, Nova ${theirs.hours} h`)
      const { flavor, name, memory_mb, local_gb, vcpus, started_at, ended_at, state } = theirs
      assert.deepEqual(
        { ...mine, hours: 0, uptime: 0 },
        {
          tenant_id: nova.tenant_id,
          instance_id: theirs.instance_id,
          flavor,
          name,
          memory_mb,
          local_gb,
          vcpus,
          started_at,
          ended_at,
          state,
          hours: 0,
          uptime: 0,
        },
      )
    })
    for (const total of ['total_hours', 'total_vcpus_usage', 'total_memory_mb_usage', 'total_local_gb_usage'] as const)
      assert.ok(
        Math.abs(our[total] - nova[total]) <= 1e-6 * Math.abs(nova[total]),
        `${nova.tenant_id} ${total}: ${our[total]}, Nova ${nova[total]}`,
      )
  }
}
