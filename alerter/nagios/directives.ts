/** Which directives each kind of object has, and the older names of some. */
const both = [
  ...['use', 'name', 'register', 'display_name', 'check_command', 'check_period', 'initial_state', 'max_check_attempts'],
  ...['check_interval', 'retry_interval', 'active_checks_enabled', 'passive_checks_enabled', 'obsess', 'check_freshness'],
  ...['freshness_threshold', 'event_handler', 'event_handler_enabled', 'low_flap_threshold', 'high_flap_threshold'],
  ...['flap_detection_enabled', 'flap_detection_options', 'process_perf_data', 'retain_status_information'],
  ...['retain_nonstatus_information', 'contacts', 'contact_groups', 'notification_interval', 'first_notification_delay'],
  ...['notification_period', 'notification_options', 'notifications_enabled', 'stalking_options', 'notes', 'notes_url'],
  ...['action_url', 'icon_image', 'icon_image_alt', 'importance', 'parents'],
]
const group = ['use', 'name', 'register', 'alias', 'members', 'notes', 'notes_url', 'action_url']
const dependency = [
  ...['use', 'name', 'register', 'host_name', 'hostgroup_name', 'dependent_host_name', 'dependent_hostgroup_name'],
  ...['inherits_parent', 'execution_failure_options', 'notification_failure_options', 'dependency_period'],
]
const escalation = [
  ...['use', 'name', 'register', 'host_name', 'hostgroup_name', 'contacts', 'contact_groups', 'first_notification'],
  ...['last_notification', 'notification_interval', 'escalation_period', 'escalation_options'],
]
const extinfo = ['use', 'name', 'register', 'host_name', 'notes', 'notes_url', 'action_url', 'icon_image', 'icon_image_alt']

const oldNames: Record<string, string> = {
  ...{ normal_check_interval: 'check_interval', retry_check_interval: 'retry_interval', host_groups: 'hostgroups' },
  ...{ hourly_value: 'importance', minimum_value: 'minimum_importance', contactgroups: 'contact_groups' },
  ...{ execution_failure_criteria: 'execution_failure_options', notification_failure_criteria: 'notification_failure_options' },
  ...{ obsess_over_host: 'obsess', obsess_over_service: 'obsess', hostgroup_alias: 'alias', contact_name_alias: 'alias' },
}

/** Names that mean the same in some kinds only. */
const lists: Record<string, string> = {
  ...{ host: 'host_name', hosts: 'host_name', hostgroup: 'hostgroup_name', hostgroups: 'hostgroup_name' },
  ...{ service: 'service_description', description: 'service_description', services: 'service_description' },
  ...{ master_host: 'host_name', master_host_name: 'host_name', master_description: 'service_description' },
  ...{
    dependent_host: 'dependent_host_name',
    dependent_hosts: 'dependent_host_name',
    dependent_hostgroup: 'dependent_hostgroup_name',
  },
  ...{ dependent_hostgroups: 'dependent_hostgroup_name', dependent_service: 'dependent_service_description' },
  ...{ dependent_description: 'dependent_service_description', dependent_services: 'dependent_service_description' },
}

function directives(own: readonly string[], more: Readonly<Record<string, string>> = {}): ReadonlyMap<string, string> {
  const known = new Set(own)
  const old = Object.entries({ ...oldNames, ...more }).filter(([name, now]) => !known.has(name) && known.has(now))
  return new Map([...own.map((name): [string, string] => [name, name]), ...old])
}

/** Kind of object → directive as it may be written → as it is called now. */
export const kinds: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'host',
    directives([
      ...[...both, 'host_name', 'alias', 'address', 'hostgroups', 'vrml_image', 'statusmap_image', '2d_coords', '3d_coords'],
    ]),
  ],
  [
    'service',
    directives(
      [...both, 'host_name', 'hostgroup_name', 'service_description', 'servicegroups', 'is_volatile', 'parallelize_check'],
      lists,
    ),
  ],
  ['hostgroup', directives([...group, 'hostgroup_name', 'hostgroup_members'])],
  ['servicegroup', directives([...group, 'servicegroup_name', 'servicegroup_members'])],
  ['contactgroup', directives([...group, 'contactgroup_name', 'contactgroup_members'])],
  [
    'contact',
    directives([
      ...['use', 'name', 'register', 'contact_name', 'alias', 'contactgroups', 'email', 'pager', 'minimum_importance'],
      ...[1, 2, 3, 4, 5, 6].map((n) => `address${n}`),
      ...['can_submit_commands', 'retain_status_information', 'retain_nonstatus_information'],
      ...['host', 'service'].flatMap((of) =>
        ['notifications_enabled', 'notification_period', 'notification_options', 'notification_commands'].map(
          (one) => `${of}_${one}`,
        ),
      ),
    ]),
  ],
  ['command', directives(['use', 'name', 'register', 'command_name', 'command_line'])],
  ['timeperiod', directives(['use', 'name', 'register', 'timeperiod_name', 'alias', 'exclude'])],
  ['hostdependency', directives(dependency, lists)],
  ['servicedependency', directives([...dependency, 'service_description', 'dependent_service_description'], lists)],
  ['hostescalation', directives(escalation, lists)],
  ['serviceescalation', directives([...escalation, 'service_description'], lists)],
  ['hostextinfo', directives([...extinfo, 'vrml_image', 'statusmap_image', '2d_coords', '3d_coords'], lists)],
  ['serviceextinfo', directives([...extinfo, 'service_description'], lists)],
])
