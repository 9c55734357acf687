import type { PipelineOptions } from '@custom-events/embedded'

/** The servers a test runs against, as the services' own environment variables. */
export interface Servers extends AsyncDisposable {
  readonly environment: PipelineOptions['servers']
}
