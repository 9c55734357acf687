import { parentPort, workerData } from 'node:worker_threads'
import { interleave } from './interleavings.fixture.ts'

/** Stack traces of expected failures are a tenth of the time; what fails can be seen again by its seed. */
Error.stackTraceLimit = 0

const search = workerData as Parameters<typeof interleave>[0] // given by the test
parentPort?.postMessage(await interleave(search), [])
