/** What has to be done from time to time: looking for news of other processes, forgetting what has expired. */

export { repeatedly } from './repeatedly.ts'
export { type Expiring, sweep } from './sweep.ts'
