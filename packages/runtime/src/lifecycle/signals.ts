/** Everything by which a supervisor, a terminal or a person asks a process to end. */
const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
export type EndSignal = (typeof END_SIGNALS)[number]

/** The signals of this process, listened to from the start of its life on. */
export interface EndSignals {
  /** Calls back once, now if somebody has signalled already. */
  whenTold(drain: (signal: EndSignal) => void): void
}

/**
 * One request to end often arrives several times: systemd (`KillMode=control-group`, its default) and a terminal
 * signal every process of a group, the wrapper and npm pass theirs on, and `SendSIGHUP=` sends another kind right
 * behind. On a busy machine a wrapper needs a while for that.
 */
const ONE_SIGNAL_MS = 1_000

/** What a signal means that comes so long after the first, `null`: it is the first. */
export function meaningOf(sinceFirstMs: number | null): 'drain' | 'copy' | 'exit' {
  if (sinceFirstMs === null) return 'drain'
  return sinceFirstMs < ONE_SIGNAL_MS ? 'copy' : 'exit'
}

/**
 * @param onSecond somebody signals again, later: they do not want to wait.
 * @param now milliseconds of a clock that never jumps.
 */
export function listenForEnd(
  onSecond: (signal: EndSignal) => void,
  now: () => number = () => performance.now(),
): EndSignals {
  let first: { readonly signal: EndSignal; readonly at: number } | null = null
  let drain: ((signal: EndSignal) => void) | null = null
  const heard = (signal: EndSignal): void => {
    const meaning = meaningOf(first === null ? null : now() - first.at)
    first ??= { signal, at: now() }
    if (meaning === 'drain') drain?.(signal)
    if (meaning === 'exit') onSecond(signal)
  }
  for (const signal of END_SIGNALS) process.on(signal, heard)
  return {
    whenTold: (callback) => {
      drain = callback
      if (first !== null) callback(first.signal)
    },
  }
}
