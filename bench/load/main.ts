/** The load generator's process: one job at a time over the IPC channel, one outcome for each. */
import { answerJobs } from '../process/jobs.ts'
import { runClosed } from './closed.ts'
import type { Burst, Held, Job } from './job.ts'
import { runOpen } from './open.ts'
import { runStdio } from './stdio.ts'
import { openStreams } from './streams.ts'

async function run(job: Job): Promise<Burst | Held> {
  switch (job.kind) {
    case 'closed':
      return runClosed(job)
    case 'open':
      return runOpen(job)
    case 'stdio':
      return runStdio(job)
    case 'streams':
      return openStreams(job)
  }
}

answerJobs(run)
