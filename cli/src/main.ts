import { Command, CommanderError } from 'commander'
import { ConfigError, EXIT_CONFIG, redact } from '@custom-events/runtime'
import { runAccount, type AccountRequest } from './access/account.ts'
import { accountCommand } from './access/command.ts'
import { readAccessConfig } from './access/config.ts'
import { rolesScript, runRoles } from './access/roles.ts'
import { readSetupConfig } from './config.ts'
import { exportCommand } from './export/command.ts'
import { readExportConfig } from './export/config.ts'
import type { ExportRequest } from './export/request.ts'
import { runExport, runVerify } from './export/run.ts'
import { destroyKeysCommand } from './destroy-keys/command.ts'
import { readDestroyKeysConfig } from './destroy-keys/config.ts'
import { runDestroyKeys, type DestroyRequest } from './destroy-keys/run.ts'
import { eraseCommand } from './erase/command.ts'
import { readEraseConfig } from './erase/config.ts'
import type { EraseRequest } from './erase/request.ts'
import { runErase } from './erase/run.ts'
import { hotPropertiesCommand } from './hot-properties/command.ts'
import { readHotPropertiesConfig } from './hot-properties/config.ts'
import { runHotProperties, type HotPropertiesRequest } from './hot-properties/run.ts'
import { replayCommand } from './replay/command.ts'
import { readReplayConfig } from './replay/config.ts'
import { openReplay } from './replay/open.ts'
import { runReplay, type ReplayRequest } from './replay/run.ts'
import { retentionCommand } from './retention/command.ts'
import { readRetentionConfig } from './retention/config.ts'
import { runRetention, type RetentionRequest } from './retention/run.ts'
import { setUp } from './setup/setup.ts'
import { topicCommand } from './topic/command.ts'
import { readTopicConfig } from './topic/config.ts'
import { runGrow, type GrowRequest } from './topic/run.ts'
import { readViewsConfig } from './views/config.ts'
import { runViews } from './views/views.ts'

/** sysexits.h EX_USAGE. */
const EXIT_USAGE = 64

const write = (text: string): void => void process.stdout.write(text)

const program = new Command('custom-events')
  .description('Operator commands of custom-events.')
  .exitOverride()

program
  .command('setup')
  .description('create topics, register schemas, migrate ClickHouse, make views; safe to repeat')
  .action(async () => {
    const { config, log } = readSetupConfig(process.env)
    await setUp(config, log, (line) => write(`${line}\n`))
  })

program
  .command('views')
  .description('make the views of events anew, from tracking plans and from what there is')
  .action(async () => {
    const { failed } = await runViews(readViewsConfig(process.env), (line) => write(`${line}\n`))
    if (failed.length > 0) process.exitCode = 1
  })

program
  .command('roles')
  .description('make the roles in ClickHouse, as a user that may manage access')
  .option('--print', 'print the SQL instead, and ask nobody')
  .action(async ({ print = false }: { readonly print?: boolean }) => {
    const config = readAccessConfig(process.env)
    if (print) return write(rolesScript(config))
    if (!(await runRoles(config, (line) => write(`${line}\n`)))) process.exitCode = 1
  })

program.addCommand(accountCommand(account).copyInheritedSettings(program))
program.addCommand(replayCommand(replay).copyInheritedSettings(program))
program.addCommand(eraseCommand(erase).copyInheritedSettings(program))
program.addCommand(hotPropertiesCommand(hotProperties).copyInheritedSettings(program))
program.addCommand(retentionCommand(retention).copyInheritedSettings(program))
program.addCommand(exportCommand(exportThem, verify).copyInheritedSettings(program))
program.addCommand(destroyKeysCommand(destroy).copyInheritedSettings(program))
program.addCommand(topicCommand(grow).copyInheritedSettings(program))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE // commander has said why
  } else {
    process.stderr.write(`${redact(error instanceof Error ? error.message : String(error))}\n`)
    process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1
  }
}

async function replay(request: ReplayRequest): Promise<void> {
  const config = readReplayConfig(request.from, process.env)
  for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`)
  await using resources = new AsyncDisposableStack()
  const stop = stopOnSignal() // after the page in hand
  const { filter } = request
  const opened = await openReplay({ config, filter, resources, stop })
  const screen = { isTerminal: process.stdout.isTTY, write }
  process.exitCode = await runReplay(request, { ...opened, stop }, screen)
}

async function account(request: AccountRequest): Promise<void> {
  await runAccount(request, readAccessConfig(process.env), (line) => write(`${line}\n`))
}

async function destroy(request: DestroyRequest): Promise<void> {
  const config = readDestroyKeysConfig(process.env)
  const print = (line: string): void => write(`${line}\n`)
  process.exitCode = await runDestroyKeys(request, { config, stop: stopOnSignal() }, print)
}

async function grow(request: GrowRequest): Promise<void> {
  const config = readTopicConfig(process.env)
  const print = (line: string): void => write(`${line}\n`)
  process.exitCode = await runGrow(request, { config, stop: stopOnSignal() }, print)
}

async function erase(request: EraseRequest): Promise<void> {
  const config = readEraseConfig(process.env)
  for (const warning of config.warnings) process.stderr.write(`warning: ${warning}\n`)
  const screen = { isTerminal: process.stdout.isTTY, write }
  process.exitCode = await runErase(request, { config, stop: stopOnSignal() }, screen)
}

async function hotProperties(request: HotPropertiesRequest): Promise<void> {
  const config = readHotPropertiesConfig(process.env)
  const screen = { isTerminal: process.stdout.isTTY, write }
  process.exitCode = await runHotProperties(request, { config, stop: stopOnSignal() }, screen)
}

async function retention(request: RetentionRequest): Promise<void> {
  const config = readRetentionConfig(process.env)
  process.exitCode = await runRetention(request, config, (line) => write(`${line}\n`))
}

async function exportThem(request: ExportRequest): Promise<void> {
  const config = readExportConfig(process.env)
  const screen = { isTerminal: process.stdout.isTTY, write }
  process.exitCode = await runExport(request, { config, stop: stopOnSignal() }, screen)
}

async function verify(folder: string): Promise<void> {
  process.exitCode = await runVerify(folder, write)
}

/** The first signal ends it in order; a second, no longer caught, at once: both are safe. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}
