const owners = new Set([
  'network:router_interface',
  'network:router_interface_distributed',
  'network:ha_router_replicated_interface',
])

/** Whether a port of this `device_owner` joins its network to the router that is its device; a router's gateway does not. */
export const isRouterInterface = (owner: string): boolean => owners.has(owner)
