/** Pages that a one-time token opens: the first account, an invitation, a forgotten password. */
export { linkOf, type SetupNeeds, setupPages } from './setup.ts'
