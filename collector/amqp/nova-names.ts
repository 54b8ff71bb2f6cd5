/** One name for one fact: Nova's legacy and versioned event types → canonical type and phase. Source: nova's notification reference. */
import type { Phase } from '../../model/event.ts'

/** Legacy `compute.instance.<key>` whose canonical action is spelled otherwise. */
const legacyActions: Record<string, string> = {
  'resize.prep': 'resize_prep',
  finish_resize: 'resize_finish',
  'resize.confirm': 'resize_confirm',
  'resize.revert': 'resize_revert',
  'live_migration.pre': 'live_migration_pre',
  'live_migration._post': 'live_migration_post',
  'live_migration.post.dest': 'live_migration_post_dest',
  'live_migration._rollback': 'live_migration_rollback',
  'live_migration.rollback.dest': 'live_migration_rollback_dest',
  'live.migration.abort': 'live_migration_abort',
  'live.migration.force.complete': 'live_migration_force_complete',
  'rebuild.scheduled': 'rebuild_scheduled',
  'volume.attach': 'volume_attach',
  'volume.detach': 'volume_detach',
  'volume.swap': 'volume_swap',
  create_ip: 'interface_attach',
  delete_ip: 'interface_detach',
  force_delete: 'delete',
  // as some releases of 2014 misspelled it
  'instance.create': 'create',
}

/** Legacy types outside `compute.instance.`. */
const legacyTypes: Record<string, string> = {
  'compute.metrics.update': 'metrics.update',
  'compute.libvirt.error': 'libvirt.connect.error',
  'aggregate.addhost': 'aggregate.add_host',
  'aggregate.removehost': 'aggregate.remove_host',
  'aggregate.updateprop': 'aggregate.update_prop',
  'aggregate.updatemetadata': 'aggregate.update_metadata',
  'servergroup.create': 'server_group.create',
  'servergroup.delete': 'server_group.delete',
  'servergroup.update': 'server_group.update',
  'servergroup.addmember': 'server_group.add_member',
}

/** Families that Nova publishes, in either format; anything else in its exchange is a failed method's own name or unknown. */
const families =
  /^(instance|aggregate|flavor|keypair|server_group|servergroup|service|scheduler|compute_task|compute|metrics|volume|libvirt|HostAPI|network|baremetal|host|api|conductor)\./

export function splitPhase(type: string): { stem: string; phase: Phase } {
  const match = /^(.+)\.(start|end|error)$/.exec(type)
  return match ? { stem: match[1] as string, phase: match[2] as Phase } : { stem: type, phase: null }
}

/** `compute.instance.finish_resize.end` → {type: 'instance.resize_finish', phase: 'end'}. Null: no name that Nova documents. */
export function canonicalNova(eventType: string): { type: string; phase: Phase } | null {
  if (eventType === 'libvirt.connect.error' || eventType === 'compute.libvirt.error')
    return { type: 'libvirt.connect', phase: 'error' }
  const { stem, phase } = splitPhase(eventType)
  if (stem.startsWith('compute.instance.')) {
    const action = stem.slice('compute.instance.'.length)
    if (action === 'exists.verified') return null // StackTach's own word, not Nova's
    return { type: `instance.${legacyActions[action] ?? action.replaceAll('.', '_')}`, phase }
  }
  if (stem.startsWith('orchestration.') || !families.test(`${stem}.`)) return null
  return { type: legacyTypes[stem] ?? stem, phase }
}
