import { startFaultProxy, type FaultProxy, type LinkMode } from './proxy.ts'
import type { Random } from './random.ts'

/** A way to a server, or to each of several: one proxy a server, all hurt alike. */
export interface Link extends AsyncDisposable {
  readonly ports: readonly number[]
  set(mode: LinkMode): void
  /** Pieces that were hurt by the mode of that name, over all proxies. */
  hurt(kind: LinkMode['kind']): number
}

/** @param ports where what is healthy goes. */
export async function startLink(ports: readonly (() => number)[], random: Random): Promise<Link> {
  const proxies: FaultProxy[] = []
  for (const port of ports) proxies.push(await startFaultProxy({ port, random }))
  return {
    ports: proxies.map(({ port }) => port),
    set: (mode) => proxies.forEach((proxy) => proxy.set(mode)),
    hurt: (kind) => proxies.reduce((sum, proxy) => sum + (proxy.hurt.get(kind) ?? 0), 0),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()))
    },
  }
}
