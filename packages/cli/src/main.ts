import { Command } from 'commander'
import { ConfigError, EXIT_CONFIG } from '@custom-events/service'
import { readSetupConfig } from './config.ts'
import { setUp } from './setup.ts'

const program = new Command('custom-events').description('Operator commands of custom-events.')

program
  .command('setup')
  .description('create topics, register schemas, migrate ClickHouse; safe to repeat')
  .action(async () => {
    const { config, log } = readSetupConfig(process.env)
    await setUp(config, log, (line) => process.stdout.write(`${line}\n`))
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1
}
