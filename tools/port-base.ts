import { portsFromBase, type AllPorts } from '@custom-events/embedded'
import { refuseArguments } from './read-arguments.ts'

/** The seven ports that `--port-base` says. Ends the process when they are none. */
export function portsFrom(usage: string, portBase: string): AllPorts {
  try {
    return portsFromBase(Number(portBase))
  } catch (error) {
    return refuseArguments(usage, error)
  }
}
