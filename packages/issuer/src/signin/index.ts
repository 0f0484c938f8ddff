/** Who a person is: the page that asks, and how often they may try. Knows nothing of sessions or clients. */
export { BOUNDS } from './bounds.ts'
export { textOfNameFault, textOfPasswordFault } from './faults.ts'
export { type SignInAsked, type SignInFault, signInPage } from './page.ts'
export { type Attempt, SignIns, type SignInsNeeds } from './sign-ins.ts'
export { Throttle } from './throttle.ts'
