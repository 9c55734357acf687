/**
 * kafkajs cuts an address of the list that it begins with at the first colon (tulios/kafkajs issue 1271): an IPv6 address goes
 * through it without colons, and has them again where the connection is made. Those that the brokers name are not cut.
 */
export function withoutColons(address: string): string {
  const [, host, port] = /^\[(.+)\]:(\d+)$/.exec(address) ?? []
  return host === undefined || port === undefined
    ? address
    : `[${host.replaceAll(':', '_')}]:${port}`
}

/** The host as Node connects to it. */
export function realHost(host: string): string {
  const [, address] = /^\[(.+)\]$/.exec(host) ?? []
  return address === undefined ? host : address.replaceAll('_', ':')
}
