// `npm run bench -- pipeline`: what the pipeline does on this machine, measured, never asserted.
import { parseArgs } from 'node:util'
import { benchPlan } from './plan.ts'
import { benchPipeline } from './pipeline.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
  },
})

const [name] = positionals
if (name === 'pipeline') {
  await benchPipeline({ eventsPerSecond: Number(values.rate), seconds: Number(values.seconds) })
} else if (name === 'plan') {
  await benchPlan()
} else {
  process.stderr.write(
    'usage: npm run bench -- pipeline [--rate 1000] [--seconds 60]\n       npm run bench -- plan\n',
  )
  process.exitCode = 64
}
